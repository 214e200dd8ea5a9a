"""Every mutation names the permission it asks for, and asks for it before anything else."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType

from schema.context import Context
from schema.mutations import MUTATION, OPEN
from schema.root import schema
from tenants.context import Actor
from tenants.permissions import Permission
from tests.fixtures.city import Platform
from tests.house.lints import documents
from tests.house.lints.execution import executed

_BACKREF = "strawberry-definition"
OPEN_TO_ALL = {
    "signIn": "nobody is signed in before signing in",
    "refreshSession": "the refresh token is the credential",
    "signOut": "whoever is signed in may leave",
    "revokeSession": "everybody keeps their own account",
    "revokeAllSessions": "everybody keeps their own account",
    "changePassword": "everybody keeps their own account",
    "beginTotp": "everybody keeps their own account, and somebody who must enroll has no right at all",
    "confirmTotp": "everybody keeps their own account, and somebody who must enroll has no right at all",
    "disableTotp": "everybody keeps their own account",
    "requestPhoneCode": "nobody is signed in before signing in",
    "signInByPhone": "nobody is signed in before signing in",
    "beginPhoneChange": "everybody keeps their own number",
    "confirmPhoneChange": "everybody keeps their own number",
    "createLinkCode": "everybody knows for themselves where else they serve",
    "linkCity": "everybody knows for themselves where else they serve",
    "unlinkCity": "everybody knows for themselves where else they serve",
    "switchCity": "everybody knows for themselves where else they serve",
    "beginSignIn": "nobody is signed in before signing in",
    "completeSignIn": "state and code of the identity provider are the credential",
    "beginIdentityLink": "everybody keeps their own account",
    "linkIdentity": "everybody keeps their own account",
    "unlinkIdentity": "everybody keeps their own account",
    "acceptInvitation": "the invitation is the credential",
    "reportAnonymously": "reports without a name are for those who do not want to be known",
    "rateTrackedCase": "the tracking code is the credential",
    "addToTrackedCase": "the tracking code is the credential",
    "recordResult": "whoever answers for a measure in person needs no role to say what came of it",
    "reportSealed": "whoever has to complain of an office must not need its leave",
    "rateSealed": "the tracking code is the credential",
}


def _mutations() -> dict[str, GraphQLField]:
    root = schema()._schema.mutation_type
    assert root is not None
    fields: dict[str, GraphQLField] = root.fields
    return fields


GUARDED = sorted(set(_mutations()) - set(OPEN_TO_ALL))


def test_every_mutation_is_made_by_the_guard_and_names_a_permission() -> None:
    asked = {name: field.extensions[_BACKREF].metadata.get(MUTATION) for name, field in _mutations().items()}
    assert {name for name, found in asked.items() if found == OPEN} == set(OPEN_TO_ALL)
    assert [name for name in GUARDED if not isinstance(asked[name], Permission)] == []
    wrapped = {name: field.extensions[_BACKREF].base_resolver.wrapped_func for name, field in _mutations().items()}
    assert [name for name, function in wrapped.items() if function.__code__.co_name != "guarded"] == []


def test_the_loop_of_a_case_is_whole() -> None:
    loop = (
        "reportCase acceptCase rejectCase triageCase dispatchCase claimCase releaseCase startCase escalateCase "
        "resolveCase giveFeedback rateCase reopenCase withdrawCase archiveCase"
    )
    assert sorted(set(loop.split()) - set(_mutations())) == []


@pytest.mark.parametrize("name", sorted(_mutations()))
def test_a_mutation_has_one_input_and_one_payload(name: str) -> None:
    field = _mutations()[name]
    assert list(field.args) == ["input"]
    given = field.args["input"].type
    assert isinstance(given, GraphQLNonNull)
    assert isinstance(given.of_type, GraphQLInputObjectType)
    assert given.of_type.name.endswith("Input")
    assert isinstance(field.type, GraphQLNonNull)
    payload = field.type.of_type
    assert isinstance(payload, GraphQLObjectType)
    assert payload.name.endswith("Payload")
    assert str(payload.fields["userErrors"].type) == "[UserError!]!"
    others = {word: inner for word, inner in payload.fields.items() if word != "userErrors"}
    made_of_errors_alone = [word for word, inner in others.items() if isinstance(inner.type, GraphQLNonNull)]
    assert [word for word in made_of_errors_alone if word not in {"signedOut", "changes", "warnings", "applied"}] == []


@pytest.mark.parametrize("name", GUARDED)
async def test_nobody_changes_anything_without_signing_in(standing: Platform, name: str) -> None:
    context = Context(services=standing.services, actor=None, request_id="test")
    answer = await executed(context, documents.write(name, _mutations()[name]))
    assert answer.data is None or answer.data == {name: None}
    assert [(error.extensions or {})["code"] for error in answer.errors or []] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("name", GUARDED)
async def test_without_the_permission_nothing_else_is_looked_at(standing: Platform, name: str) -> None:
    nobody = Actor(tenant_id=(await standing.tenant("daye")).id, username="nobody")
    nothing: Any = None
    unused = dict.fromkeys((field.name for field in fields(standing.services)), nothing)
    services = replace(standing.services, **(unused | {"refusals": standing.services.refusals}))
    context = Context(services=services, actor=nobody, request_id="test")
    answer = await executed(context, documents.write(name, _mutations()[name]))
    assert answer.errors is None
    assert answer.data is not None
    asked = _mutations()[name].extensions[_BACKREF].metadata[MUTATION].value
    told = [(error["code"], error["message"]) for error in answer.data[name]["userErrors"]]
    assert told == [("FORBIDDEN", f"Your roles do not include the permission {asked}.")]
