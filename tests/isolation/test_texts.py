"""No answer tells of tables, columns, constraints or the database's own words, nor an id that was not sent."""

from __future__ import annotations

import asyncio
import itertools
import re
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
from graphql import GraphQLInputObjectType, get_named_type

from schema.isolation.makers import made
from schema.mutations import MUTATION
from schema.root import schema
from server.isolation.answers import Answer, codes
from server.isolation.people import Walker
from server.isolation.sites import Near, VersionOfNear, filled, gaps_of
from server.main import application
from server.main import running as running_services
from tests.conftest import Template
from tests.isolation.conftest import Canaries, asking, settings
from tests.isolation.nasty import inputs

# Who calls these would be nobody afterwards.
LEFT_OUT = {"endAppointment", "endDisciplineAppointment", "revokeSession", "revokeAllSessions", "signOut"}
WORDS = re.compile(
    r"duplicate key|violates|constraint|null value in column|relation \"|column \"|does not exist\b|syntax error at|"
    r"could not serialize|deadlock|canceling statement|current transaction|invalid input syntax|out of range for type|"
    r"asyncpg|sqlalchemy|psycopg|postgres|sqlstate|traceback|DETAIL:|row-level security|permission denied",
    re.IGNORECASE,
)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PERMISSION = re.compile(r"\b[a-z_]+:[a-z_]+\b")
NAMES = """select relname::text as name from pg_class where relnamespace = 'public'::regnamespace
 union select conname::text from pg_constraint where connamespace = 'public'::regnamespace
 union select attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid
  where c.relnamespace = 'public'::regnamespace and a.attnum > 0"""


@dataclass(frozen=True, slots=True)
class Call:
    """A mutation with an input whose gaps are open."""

    name: str
    path: str
    document: str
    input: Mapping[str, Any]
    permission: str | None


def calls() -> Iterator[Call]:
    """Every mutation, as it should be called and with each nasty value."""
    root = schema()._schema.mutation_type
    assert root is not None
    for name, field in root.fields.items():
        type_ = get_named_type(field.args["input"].type)
        assert isinstance(type_, GraphQLInputObjectType)
        asked = field.extensions["strawberry-definition"].metadata.get(MUTATION)
        permission = getattr(asked, "value", None)
        document = (
            f"mutation($input: {type_.name}!) {{ {name}(input: $input) {{ userErrors {{ code field message }} }} }}"
        )
        if name not in LEFT_OUT:
            for path, given in itertools.chain([("", dict(made(type_)))], inputs(type_)):
                yield Call(name, path, document, given, permission)


@pytest.fixture(scope="module")
async def names(canaries: Canaries) -> re.Pattern[str]:
    """The names of the database that are no plain words."""
    connection = await asyncpg.connect(canaries.platform.urls.owner)
    try:
        found = [row["name"] for row in await connection.fetch(NAMES) if "_" in row["name"]]
    finally:
        await connection.close()
    return re.compile(rf"\b(?:{'|'.join(sorted(found))})\b")


def told_too_much(answer: Answer, names: re.Pattern[str], sent: str) -> list[str]:
    """What an answer says that it must not."""
    text = PERMISSION.sub("", " ".join(messages(answer)))
    found = [*WORDS.findall(text), *names.findall(text)]
    found += [id_ for id_ in UUID.findall(text) if id_ not in sent]
    return [*found, *(["INTERNAL_SERVER_ERROR"] if "INTERNAL_SERVER_ERROR" in codes(answer) else [])]


def messages(answer: Answer) -> list[str]:
    """The texts of all errors of an answer, and the paths of the inputs at fault."""
    body = answer.value()
    assert isinstance(body, dict), answer.body
    errors = list(body.get("errors", []))
    for payload in (body.get("data") or {}).values():
        errors += (payload or {}).get("userErrors", [])
    return [" ".join([error["message"], *error.get("field", [])]) for error in errors]


async def called(walkers: Mapping[str, Walker], call: Call) -> tuple[str, Answer] | None:
    """What somebody who may is answered; None when nobody has what it needs."""
    for walker in walkers.values():
        if call.permission is not None and call.permission not in walker.permissions:
            continue
        wanted = [gap for gap in gaps_of(call.input) if isinstance(gap, Near | VersionOfNear)]
        gaps = await walker.gaps(wanted, zlib.crc32(call.path.encode()) % 7)
        if gaps is not None:
            given = filled(call.input, gaps)
            return str(given), await walker.told(call.document, {"input": given})
    return None


async def provoke(canaries: Canaries, names: re.Pattern[str], wanted: list[Call]) -> None:
    wrong, asked = [], 0
    for call in wanted:
        found = await called(canaries.neighbors, call)
        if found is None:
            continue
        asked += 1
        if told := told_too_much(found[1], names, found[0]):
            wrong.append((call.name, call.path, told, found[0][:300], messages(found[1])))
    assert wrong == []
    assert asked > len(wanted) * 0.8


@pytest.mark.timeout(300)
async def test_nasty_values_are_refused_in_our_own_words(canaries: Canaries, names: re.Pattern[str]) -> None:
    every_tenth = [call for call in calls() if zlib.crc32(f"{call.name}{call.path}{call.input}".encode()) % 10 == 0]
    assert len(every_tenth) > 100
    await provoke(canaries, names, every_tenth)


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_every_nasty_value_is_refused_in_our_own_words(canaries: Canaries, names: re.Pattern[str]) -> None:
    await provoke(canaries, names, list(calls()))


@pytest.mark.timeout(300)
async def test_two_who_make_the_same_at_once_are_told_nothing_of_keys(
    canaries: Canaries, names: re.Pattern[str]
) -> None:
    """Unique keys: the second waits for the first, and finds the place taken."""
    for call in calls():
        if call.path != "" or not call.name.startswith(("create", "register", "report", "invite", "assign", "post")):
            continue
        answers = await asyncio.gather(*(called(canaries.neighbors, call) for _ in range(3)))
        for sent, answer in filter(None, answers):
            assert told_too_much(answer, names, sent) == [], (call, messages(answer))


@pytest.fixture
async def hurried(canaries: Canaries, settled: Template, redis_url: str) -> AsyncIterator[Walker]:
    """Somebody at a process whose statements have a quarter of a second."""
    name = canaries.platform.urls.app.rsplit("/", 1)[-1]
    wanted = settings(settled, name, redis_url).model_copy(update={"statement_timeout_ms": 250})
    async with running_services(wanted) as services:
        transport = httpx.ASGITransport(application(services))
        async with httpx.AsyncClient(transport=transport, base_url="http://civicgrid.test") as http:
            found = canaries.neighbors["tenant_admin"]
            yield Walker(
                found.username,
                found.tenant_id,
                found.token,
                found.permissions,
                asking(http),
                found.database,
                found.tables,
            )


async def test_what_waits_in_vain_is_told_in_our_own_words(
    canaries: Canaries, hurried: Walker, names: re.Pattern[str]
) -> None:
    """Statements that run out of their time, behind somebody who holds the tables."""
    place = (await hurried.gaps([Near("org")]) or {})[Near("org")]
    entered = f'organizationId: "{place}", name: "Invented"'
    asked = (
        f"mutation {{ createMember(input: {{{entered}}}) {{ userErrors {{ code message field }} }} }}",
        "{ grids(first: 1) { nodes { id } } }",
    )
    holder = await asyncpg.connect(canaries.platform.urls.owner)
    try:
        async with holder.transaction():
            await holder.execute('lock table "member", "grid" in access exclusive mode')
            for document in asked:
                answer = await hurried.ask(hurried.token, document, {})
                assert codes(answer) == {"QUERY_TIMEOUT"}, answer.body
                assert told_too_much(answer, names, document) == []
    finally:
        await holder.close()
