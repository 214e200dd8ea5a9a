"""Who may send which document, and who may ask the schema about itself: every case in a table."""

from __future__ import annotations

from typing import Literal

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from schema.documents.profile import introspects, may_introspect, may_send_any
from tenants.clients import UNREGISTERED, Client
from tenants.context import Actor, Reach
from tenants.ids import uuid7
from tenants.permissions import Permission

FREE, BOUND = Client("portal", documents="any"), Client("console", documents="trusted")
USER = Actor(tenant_id=uuid7(), access={Permission.CASE_READ: Reach(tenant=True)})
OPERATOR = Actor(tenant_id=uuid7(), access={Permission.TENANT_READ: Reach(tenant=True)})


@pytest.mark.parametrize(
    ("rule", "client", "actor", "may"),
    [
        ("any", UNREGISTERED, None, True),
        ("any", UNREGISTERED, USER, True),
        ("any", UNREGISTERED, OPERATOR, True),
        ("any", FREE, None, True),
        ("any", FREE, USER, True),
        ("any", FREE, OPERATOR, True),
        ("any", BOUND, None, False),
        ("any", BOUND, USER, False),
        ("any", BOUND, OPERATOR, False),
        ("trusted", UNREGISTERED, None, False),
        ("trusted", UNREGISTERED, USER, False),
        ("trusted", UNREGISTERED, OPERATOR, True),
        ("trusted", FREE, None, True),
        ("trusted", FREE, USER, True),
        ("trusted", FREE, OPERATOR, True),
        ("trusted", BOUND, None, False),
        ("trusted", BOUND, USER, False),
        ("trusted", BOUND, OPERATOR, False),
    ],
)
def test_who_may_send_any_document(
    rule: Literal["any", "trusted"],
    client: Client,
    actor: Actor | None,
    may: bool,
) -> None:
    assert may_send_any(rule, client, actor) is may


@pytest.mark.parametrize(
    ("production", "actor", "may"),
    [(False, None, True), (False, USER, True), (True, None, False), (True, USER, True), (True, OPERATOR, True)],
)
def test_who_may_ask_the_schema_about_itself(production: bool, actor: Actor | None, may: bool) -> None:
    assert may_introspect(production=production, actor=actor) is may


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("{ __typename viewer { __typename username } }", False),
        ("{ __schema { types { name } } }", True),
        ('{ a: __type(name: "Case") { name } }', True),
        ("{ ... { ... on Query { __schema { types { name } } } } }", True),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { __schema { types { name } } }", True),
        ("{ viewer { username } } fragment Unused on Query { __schema { types { name } } }", False),
        ("{ ...A ...A } fragment A on Query { __typename }", False),
        ("mutation { signOut(input: {}) { signedOut } }", False),
    ],
)
def test_which_operations_ask_the_schema_about_itself(text: str, asks: bool) -> None:
    document = parse(text)
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}

    assert introspects(operation, fragments) is asks
