"""A cursor is taken where it was made and nowhere else, whatever it holds; nothing forged gets past as far as SQL."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
import pytest
from graphql import GraphQLString
from sqlalchemy import BigInteger

from schema.planner.arguments import Leaf
from schema.planner.binding import BadInput, Parameters, Run
from schema.planner.cursors import Cursors
from tenants.context import Actor
from tests.fixtures.city import Api

CASE = "01a2070c-00fc-7000-9158-d73e2043fe4f"
INSTANT = "2026-01-01T00:00:00.123456+00:00"


def opened(cursor: str) -> list[Any]:
    found: list[Any] = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return found


def sealed(values: object) -> str:
    text = values if isinstance(values, bytes) else json.dumps(values).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


async def cursor_of(api: Api, field: str) -> str:
    """The last cursor of a connection, written as ``{ path { to { it(arguments)``, without closing braces."""
    body = await api("daye", "first_secretary", f"{field} {{ pageInfo {{ endCursor }} }} {'}' * field.count('{')}")
    value: Any = body["data"]
    while not isinstance(value, str):
        value = next(iter(value.values())) if isinstance(value, dict) else value[0]
    return value


async def codes(api: Api, query: str, cursor: str) -> list[str]:
    body = await api("daye", "first_secretary", f"query($c: String) {query}", c=cursor)
    return [error["extensions"]["code"] for error in body.get("errors", [])]


async def test_a_cursor_of_another_order_or_connection_is_refused(api: Api) -> None:
    made = {
        "number": await cursor_of(api, "{ cases(first: 1, orderBy: NUMBER_ASC)"),
        "reported": await cursor_of(api, "{ cases(first: 1, orderBy: REPORTED_ASC)"),
        "reversed": await cursor_of(api, "{ cases(first: 1, orderBy: REPORTED_DESC)"),
        "due": await cursor_of(api, "{ cases(first: 1, orderBy: DUE_ASC)"),
        "of a grid": await cursor_of(api, "{ cases(first: 1) { nodes { grid { cases(first: 1, orderBy: REPORTED_ASC)"),
        "grids": await cursor_of(api, "{ grids(first: 1)"),
    }
    for word, cursor in made.items():
        for argument in ("after", "before"):
            query = f"{{ cases({argument}: $c, orderBy: REPORTED_ASC) {{ nodes {{ id }} }} }}"
            assert await codes(api, query, cursor) == ([] if word == "reported" else ["BAD_USER_INPUT"]), word


async def test_a_cursor_goes_on_in_the_same_connection_of_another_object(api: Api) -> None:
    cursor = await cursor_of(api, "{ cases(first: 1) { nodes { grid { cases(first: 1)")
    assert await codes(api, "{ grids(first: 1) { nodes { cases(after: $c) { nodes { id } } } } }", cursor) == []


async def test_cursors_say_little_and_fit_in_addresses(api: Api) -> None:
    cursor = await cursor_of(api, "{ cases(first: 1, orderBy: DUE_ASC)")
    mark, due_at, id_ = opened(cursor)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert len(mark) == 8
    assert datetime.fromisoformat(due_at).utcoffset() == timedelta(0)
    assert str(UUID(id_)) == id_


IMPOSSIBLE: list[list[object]] = [
    [INSTANT, 5],
    [INSTANT, []],
    [INSTANT, None],
    [INSTANT],
    [INSTANT, CASE, CASE],
    [None, CASE],
    [5, CASE],
    [True, CASE],
    ["2026-01-01", CASE],
    ["2026-01-01T00:00:00", CASE],
    ["infinity", CASE],
    ["0001-01-01T00:00:00+23:59", CASE],
    ["9999-12-31T23:59:59-23:59", CASE],
    [INSTANT, f"case_{CASE}"],
    [INSTANT, "\x00"],
    [{}, CASE],
]


async def test_values_no_row_can_have_are_bad_input(api: Api) -> None:
    mark = opened(await cursor_of(api, "{ cases(first: 1)"))[0]
    assert await codes(api, "{ cases(after: $c) { nodes { id } } }", sealed([mark, INSTANT, CASE])) == []
    for values in IMPOSSIBLE:
        found = await codes(api, "{ cases(after: $c) { nodes { id } } }", sealed([mark, *values]))
        assert found == ["BAD_USER_INPUT"], values


NO_CURSORS = [
    "",
    "x",
    "WyJ4Il0=",
    "Wy J4Il0",
    "WyJ4Il0\n",
    "日本",
    "\x00",
    sealed(b"[1"),
    sealed(b"null"),
    sealed(b"[]"),
    sealed(b"[null]"),
    sealed(b"[[]]"),
    sealed(b"{}"),
    sealed(b'["\\ud800"]'),
    sealed(b"\xff\xfe"),
    sealed(b"[" * 50_000),
    sealed(b"1" * 5_000),
]


async def test_what_is_no_cursor_is_bad_input(api: Api) -> None:
    for query in (
        "{ cases(after: $c) { nodes { id } } }",
        "{ cases(before: $c) { totalCount } }",
        "{ cases(first: 1) { nodes { events(after: $c) { nodes { id } } } } }",
    ):
        for cursor in NO_CURSORS:
            assert await codes(api, query, cursor) == ["BAD_USER_INPUT"], cursor[:20]


async def test_half_a_character_is_bad_input(api: Api) -> None:
    body = await api("daye", "first_secretary", '{ cases(after: "W\\ud800") { nodes { id } } }')
    (error,) = body["errors"]
    assert error["extensions"]["code"] in {"BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"}


async def test_values_fit_their_column(api: Api) -> None:
    """int4 and text, to their very ends; the first of each kind is taken so that the others are refused for cause."""
    households = opened(await cursor_of(api, "{ grids(first: 1, orderBy: HOUSEHOLDS_DESC)"))[0]
    number = opened(await cursor_of(api, "{ cases(first: 1) { nodes { events(first: 1)"))[0]
    name = opened(await cursor_of(api, "{ grids(first: 1, orderBy: NAME_ASC)"))[0]
    by_households = "{ grids(orderBy: HOUSEHOLDS_DESC, after: $c) { nodes { id } } }"
    by_number = "{ cases(first: 1) { nodes { events(after: $c) { nodes { id } } } } }"
    by_name = "{ grids(orderBy: NAME_ASC, after: $c) { nodes { id } } }"
    for query, values, taken, refused in (
        (by_households, [households, CASE], (0, -(2**31), 2**31 - 1), (2**31, -(2**31) - 1, True, 1.0, "1", None)),
        (by_number, [number], (0, -(2**31), 2**31 - 1), (2**31, 2**63, 10**40, False, "1", None)),
        (by_name, [name, CASE], ("", "大冶😀e\u0301\u202e'\"\\%_", "\U0010ffff\ufffe"), ("a\x00b", "\ud800", 5, None)),
    ):
        for expected, tried in (([], taken), (["BAD_USER_INPUT"], refused)):
            for value in tried:
                text = json.dumps([values[0], value, *values[1:]])
                assert await codes(api, query, sealed(text.encode())) == expected, value


def test_large_numbers_fit_their_column() -> None:
    """int8 to its very ends, of which no connection makes an order today."""
    cursors = Cursors(mark="log", types=(BigInteger(),), nullable=(False,))
    parameters = Parameters()
    leaf = Leaf(type=GraphQLString, get=itemgetter("after"), now=None)
    (bound,) = cursors.bounds(parameters, leaf)

    def value(number: object) -> object:
        run = Run(actor=Actor(tenant_id=UUID(CASE)), variables={"after": sealed(["log", number])}, own={})
        return parameters.binders[bound.key](run)

    assert [value(number) for number in (0, -(2**63), 2**63 - 1)] == [0, -(2**63), 2**63 - 1]
    for number in (2**63, -(2**63) - 1, False, 1.0, "1", None):
        with pytest.raises(BadInput):
            value(number)
