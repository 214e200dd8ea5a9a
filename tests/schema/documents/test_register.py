"""From what a client sent to a document: texts, trusted documents and persisted queries, under every rule."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson
import pytest
from graphql import GraphQLError

from schema.context import Context
from schema.documents.asked import Asked
from schema.documents.limits import LIMITS
from schema.documents.memory import Documents
from schema.documents.register import refuse_introspection, text_of
from schema.messages import words_of
from schema.operations import Operations
from schema.root import document_check, schema
from server.documents.builtin import BUILTIN, REFRESH_SESSION, SIGN_IN
from server.documents.persisted import PersistedQueries
from server.documents.rules import digest_of
from server.documents.service import Given, register
from tenants.clients import UNREGISTERED, Client
from tenants.context import Actor, Reach, system_actor
from tenants.permissions import Permission
from tests.fixtures.city import Platform
from tests.house.lints.sources import ROOT

QUERY = "query Viewer { viewer { username } }"
OTHER = "query Roles { viewer { roles } }"
CONSOLE = Client("console", documents="trusted")
PORTAL = Client("portal", documents="any")
NOT_FOUND = ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")


def by_id(text: str) -> Asked:
    return Asked(document_id=f"sha256:{digest_of(text)}")


def by_hash(text: str) -> Asked:
    return Asked(persisted=digest_of(text))


def fresh() -> str:
    """A document nobody has sent before: Valkey outlives a test."""
    return f"query Roles{uuid4().hex} {{ viewer {{ roles }} }}"


@dataclass(frozen=True, slots=True)
class Desk:
    """Two cities, of which Daye has registered QUERY for its console."""

    platform: Platform
    trusting: Context
    strict: Context

    async def ask(self, asked: Asked, *, strict: bool = False, **changes: Any) -> str | tuple[str, str]:
        """The text found, or the error's code and message."""
        context = dataclasses.replace(self.strict if strict else self.trusting, **changes)
        try:
            return await text_of(context, asked)
        except GraphQLError as error:
            return (error.extensions or {})["code"], words_of(error, context.language)

    async def code(self, asked: Asked, *, strict: bool = False, **changes: Any) -> str:
        """The error's code; the test fails when there is none."""
        found = await self.ask(asked, strict=strict, **changes)
        assert isinstance(found, tuple), found
        return found[0]

    async def actor(self, slug: str, *permissions: Permission) -> Actor:
        """Somebody of a city."""
        reach = dict.fromkeys(permissions, Reach(tenant=True))
        return Actor(tenant_id=(await self.platform.tenant(slug)).id, username="somebody", access=reach)


@pytest.fixture
async def desk(platform: Platform) -> Desk:
    services = platform.services
    assert services.operator is not None
    daye = await platform.tenant("daye")
    await register(
        services.operator,
        [Given(digest_of(QUERY), QUERY)],
        tenant="daye",
        client="console",
        check=document_check(),
        actor=system_actor(daye.id, name="test"),
    )
    strict = dataclasses.replace(services.library, rule="trusted", production=True)
    return Desk(
        platform,
        Context(services=services, actor=None, request_id="test"),
        Context(services=dataclasses.replace(services, library=strict), actor=None, request_id="test"),
    )


async def test_a_plain_text_is_itself_in_development(desk: Desk) -> None:
    assert await desk.ask(Asked(query=OTHER)) == OTHER
    assert await desk.ask(Asked(query=OTHER), client=PORTAL) == OTHER
    assert await desk.code(Asked(query=OTHER), client=CONSOLE) == "DOCUMENT_NOT_TRUSTED"


async def test_a_trusted_document_is_found_in_the_callers_city_for_its_application(desk: Desk) -> None:
    daye, jiamusi = await desk.actor("daye"), await desk.actor("jiamusi")
    hint = (await desk.platform.tenant("daye")).id
    for strict in (False, True):
        assert await desk.ask(by_id(QUERY), strict=strict, actor=daye, client=CONSOLE) == QUERY
        assert await desk.ask(by_id(QUERY), strict=strict, tenant_hint=hint, client=CONSOLE) == QUERY
        assert await desk.ask(by_hash(QUERY), strict=strict, actor=daye, client=CONSOLE) == QUERY
        assert await desk.ask(by_id(QUERY), strict=strict, actor=daye, client=UNREGISTERED) == NOT_FOUND
        assert await desk.ask(by_id(QUERY), strict=strict, actor=daye, client=PORTAL) == NOT_FOUND
        assert await desk.ask(by_id(QUERY), strict=strict, client=CONSOLE) == NOT_FOUND
        assert await desk.ask(by_id(QUERY), strict=strict, actor=jiamusi, client=CONSOLE) == NOT_FOUND
        # A token's city counts, not one that is only named.
        found = await desk.ask(by_id(QUERY), strict=strict, actor=jiamusi, tenant_hint=hint, client=CONSOLE)
        assert found == NOT_FOUND
        assert await desk.ask(by_id(OTHER), strict=strict, actor=daye, client=CONSOLE) == NOT_FOUND


async def test_a_registered_document_may_be_sent_by_its_text_and_both_ways_when_they_agree(desk: Desk) -> None:
    daye = await desk.actor("daye")
    both = Asked(query=QUERY, document_id=f"sha256:{digest_of(QUERY)}", persisted=digest_of(QUERY).upper())

    assert await desk.ask(Asked(query=QUERY), strict=True, actor=daye, client=CONSOLE) == QUERY
    assert await desk.ask(both, strict=True, actor=daye, client=CONSOLE) == QUERY
    assert await desk.ask(both, actor=daye) == QUERY


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Asked(), "Send a document as 'query', or name one by 'documentId'."),
        (
            Asked(query=QUERY, document_id=f"sha256:{digest_of(OTHER)}"),
            "The SHA-256 sent with the document is not the document's.",
        ),
        (
            Asked(query=QUERY, persisted=digest_of(OTHER)),
            "The SHA-256 sent with the document is not the document's.",
        ),
        (
            Asked(document_id=f"sha256:{digest_of(QUERY)}", persisted=digest_of(OTHER)),
            "'documentId' and 'sha256Hash' name different documents.",
        ),
        *(
            (asked, "'documentId' is sha256: and 64 hexadecimal digits; 'sha256Hash' is the digits alone.")
            for asked in (
                Asked(document_id=digest_of(QUERY)),
                Asked(document_id="sha256:../../etc/passwd"),
                Asked(document_id=""),
                Asked(persisted=f"sha256:{digest_of(QUERY)}"),
                Asked(persisted="\ud800"),
                Asked(query=QUERY, persisted="abc"),
            )
        ),
    ],
)
async def test_a_request_that_names_no_document_or_contradicts_itself(desk: Desk, asked: Asked, message: str) -> None:
    assert await desk.ask(asked) == ("BAD_USER_INPUT", message)


async def test_in_production_the_unregistered_send_nothing_of_their_own(desk: Desk) -> None:
    user = await desk.actor("daye", Permission.CASE_READ)
    assert await desk.code(Asked(query=QUERY), strict=True) == "DOCUMENT_NOT_TRUSTED"
    assert await desk.code(Asked(query=QUERY), strict=True, actor=user) == "DOCUMENT_NOT_TRUSTED"
    assert await desk.code(Asked(query=OTHER), strict=True, actor=user, client=CONSOLE) == "DOCUMENT_NOT_TRUSTED"
    assert await desk.ask(Asked(query=OTHER), strict=True, client=PORTAL) == OTHER
    found = await desk.ask(Asked(query=OTHER), strict=True, language="zh-CN")
    assert isinstance(found, tuple)
    assert "civicgrid documents register" in found[1]
    assert "应用" in found[1]


async def test_operators_of_the_platform_may_send_any_document_in_production(desk: Desk) -> None:
    operator = await desk.actor("platform", Permission.TENANT_APPLY)

    assert await desk.ask(Asked(query=OTHER), strict=True, actor=operator) == OTHER
    assert await desk.code(Asked(query=OTHER), strict=True, actor=operator, client=CONSOLE) == "DOCUMENT_NOT_TRUSTED"


@pytest.mark.parametrize("text", BUILTIN.values())
async def test_strangers_sign_in_with_the_platforms_own_documents_by_text_or_by_digest(desk: Desk, text: str) -> None:
    assert document_check()(text, UNREGISTERED) is None
    for client in (UNREGISTERED, CONSOLE, PORTAL):
        for asked in (Asked(query=text), by_id(text), by_hash(text)):
            assert await desk.ask(asked, strict=True, client=client) == text
    assert await desk.code(Asked(query=text + " "), strict=True) == "DOCUMENT_NOT_TRUSTED"


def test_the_documents_of_the_platform_are_the_promised_ones() -> None:
    """Their digests stand in docs/api.md and in clients: a changed text is a new document beside the old one."""
    assert (digest_of(SIGN_IN), digest_of(REFRESH_SESSION)) == (
        "d390362157959714855a537defb7f3bf48523149c2c5454dc563fa073fb46d8c",
        "343fab6d4a997e5b6aae66e0e95c7599edad875d9a1d0284448379cbb7273ece",
    )
    told = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert [digest for digest, text in BUILTIN.items() if f"| `{digest}` | `{text}` |" not in told] == []
    assert len(BUILTIN) == 3


async def test_apollos_protocol(desk: Desk, redis_url: str) -> None:
    user, text = await desk.actor("daye"), fresh()
    both = Asked(query=text, persisted=digest_of(text))
    assert await desk.ask(by_hash(text), actor=user) == NOT_FOUND
    assert await desk.ask(both, actor=user) == text
    assert await desk.ask(by_hash(text), actor=user) == text

    elsewhere = dataclasses.replace(desk.platform.services.library, persisted=PersistedQueries(redis_url))
    services = dataclasses.replace(desk.platform.services, library=elsewhere)
    assert await desk.ask(by_hash(text), services=services, actor=user) == text
    await elsewhere.persisted.close()
    # Kept for one city, by hash alone: it is no trusted document, and no other city's.
    assert await desk.ask(by_id(text), actor=user) == NOT_FOUND
    assert await desk.ask(by_hash(text), actor=await desk.actor("jiamusi")) == NOT_FOUND
    assert await desk.ask(by_hash(text)) == NOT_FOUND


async def test_nothing_is_kept_for_strangers_or_of_what_may_not_be_sent(desk: Desk) -> None:
    user, text = await desk.actor("daye"), fresh()
    both = Asked(query=text, persisted=digest_of(text))
    hint = user.tenant_id
    assert await desk.ask(both, tenant_hint=hint) == text
    assert await desk.ask(by_hash(text), tenant_hint=hint) == NOT_FOUND
    assert await desk.ask(by_hash(text), actor=user) == NOT_FOUND
    assert await desk.code(both, strict=True, actor=user) == "DOCUMENT_NOT_TRUSTED"
    assert await desk.code(Asked(query=text, persisted=digest_of(QUERY)), actor=user) == "BAD_USER_INPUT"
    assert await desk.ask(by_hash(text), actor=user) == NOT_FOUND

    await desk.ask(both, actor=user)
    # What was kept while any document was answered is no way around a later rule.
    assert await desk.ask(by_hash(text), strict=True, actor=user) == NOT_FOUND
    assert await desk.ask(by_hash(text), strict=True, actor=user, client=CONSOLE) == NOT_FOUND
    assert await desk.ask(by_hash(text), strict=True, actor=user, client=PORTAL) == text


async def test_without_valkey_a_hash_is_not_found_and_a_text_is_answered(desk: Desk) -> None:
    away = dataclasses.replace(desk.platform.services.library, persisted=PersistedQueries("redis://127.0.0.1:1/0"))
    services = dataclasses.replace(desk.platform.services, library=away)
    user, text = await desk.actor("daye"), fresh()

    assert await desk.ask(by_hash(text), services=services, actor=user) == NOT_FOUND
    both = Asked(query=text, persisted=digest_of(text))
    assert await desk.ask(both, services=services, actor=user) == text
    await away.persisted.close()


async def test_strangers_may_not_ask_a_production_schema_about_itself(desk: Desk) -> None:
    checked = Documents(schema()._schema).check("{ __schema { queryType { name } } }", LIMITS["standard"])
    operation = checked.operation(None)
    signed_in = dataclasses.replace(desk.strict, actor=await desk.actor("daye"))

    refuse_introspection(desk.trusting, checked, operation)
    refuse_introspection(signed_in, checked, operation)
    with pytest.raises(GraphQLError, match="Sign in to ask") as refused:
        refuse_introspection(desk.strict, checked, operation)
    assert (refused.value.extensions or {})["code"] == "INTROSPECTION_DISABLED"


async def test_the_mutations_register_withdraw_and_tell_each_fault_at_its_place(desk: Desk) -> None:
    operator = await desk.actor("platform", Permission.TENANT_APPLY)
    context = dataclasses.replace(desk.strict, actor=operator)
    document = (
        "mutation($input: RegisterDocumentsInput!) { registerDocuments(input: $input) "
        "{ registered alreadyRegistered userErrors { code field } } }"
    )

    async def send(*bodies: str, client: str = "console") -> Any:
        documents = [{"id": f"sha256:{digest_of(body)}", "body": body} for body in bodies]
        given = {"tenant": "daye", "client": client, "documents": documents}
        answer = await Operations(schema()).run(context, Asked(query=document, variables={"input": given}))
        return orjson.loads(answer.body)["data"]["registerDocuments"]

    async def withdraw(*ids: str | None) -> Any:
        text = (
            "mutation($input: WithdrawDocumentsInput!) { withdrawDocuments(input: $input) "
            "{ withdrawn notRegistered userErrors { code field } } }"
        )
        given = {"tenant": "daye", "client": "console", "ids": ids}
        answer = await Operations(schema()).run(context, Asked(query=text, variables={"input": given}))
        return orjson.loads(answer.body)["data"]["withdrawDocuments"]

    assert await desk.ask(by_id(OTHER), strict=True, actor=await desk.actor("daye"), client=CONSOLE) == NOT_FOUND
    assert await send(QUERY, OTHER) == {"registered": 1, "alreadyRegistered": 1, "userErrors": []}
    assert await desk.ask(by_id(OTHER), strict=True, actor=await desk.actor("daye"), client=CONSOLE) == OTHER
    assert await send(OTHER, "{ nonsense }", "{") == {
        "registered": None,
        "alreadyRegistered": None,
        "userErrors": [
            {"code": "DOCUMENT_INVALID", "field": ["documents", "1", "body"]},
            {"code": "DOCUMENT_INVALID", "field": ["documents", "2", "body"]},
        ],
    }
    withdrawn = await withdraw(by_id(OTHER).document_id, digest_of("{ never }"))
    assert withdrawn == {"withdrawn": 1, "notRegistered": 1, "userErrors": []}
    assert await desk.ask(by_id(OTHER), strict=True, actor=await desk.actor("daye"), client=CONSOLE) == NOT_FOUND
    assert await desk.code(Asked(query=OTHER), strict=True, actor=operator, client=CONSOLE) == "DOCUMENT_NOT_TRUSTED"
    assert await withdraw("sha256:abc") == {
        "withdrawn": None,
        "notRegistered": None,
        "userErrors": [{"code": "DOCUMENT_ID_WRONG", "field": ["ids", "0"]}],
    }
    unknown = await send(OTHER, client="stranger")
    assert unknown["userErrors"] == [{"code": "CLIENT_UNKNOWN", "field": ["client"]}]
