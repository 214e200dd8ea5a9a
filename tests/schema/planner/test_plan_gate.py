"""The plans of hot reads: by an index, the tenant first, and never more rows than what is asked for is worth.

Each statement is the product's own, run as the application's role under row security, with a generic plan and with a
custom one, since PostgreSQL may settle on either. Quick form: 8 cities; ``make proof``: 200 cities of 10,000 cases.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from bench.explain import MODES, explained
from bench.questions import BOARD, CASE
from bench.tree import TREE
from schema.cases.inputs import CaseKey, CaseOrder
from schema.grids.inputs import GridOrder
from schema.members.inputs import MemberOrder
from schema.volunteers.inputs import HourEntryOrder, VolunteerOrder
from tests.conftest import Template
from tests.fixtures.crowd import Crowd, crowd
from tests.fixtures.plans import Scan, scans

PAGE = 20
# A board's page of 20: the cases, and for each its place, people and first steps, with one row more here and there.
ENOUGH = 700


@dataclass(frozen=True, slots=True)
class Hot:
    """A read that must be quick. rows: how many it may read of large tables. known: why it may read any number.

    What is ``known`` is a fault of ours or a limit of indexes, written down where it is asked for.
    """

    name: str
    role: str
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    rows: int = ENOUGH
    known: str = ""


CASES = """query Cases($n: Int!, $filter: CaseFilter, $order: CaseOrder) {
  cases(first: $n, filter: $filter, orderBy: $order) {
    nodes { id number title status reportedAt deadline { dueAt overdue }
      grid { name organization { name } } claimant { name } events(first: 3) { nodes { kind at actor { name } } } }
    pageInfo { hasNextPage endCursor } } }"""
LIST = """query List($n: Int!, $order: %s) { %s(first: $n, orderBy: $order%s) {
  nodes { id %s } pageInfo { hasNextPage endCursor } } }"""
COUNTS = "query Counts($key: CaseKey!) { cases { countBy(key: $key, first: 10) { key label count } } }"
OPEN_TREE = """query Open($id: ID!) { organization(id: $id) { ...Open children(first: 36) {
  nodes { ...Open children(first: 8) { nodes { ...Open } } } } } }
  fragment Open on Organization { id name cases(first: 1, filter: {open: true}) { totalCount } }"""
TASKS = """query Tasks($n: Int!, $id: ID!, $status: [TaskStatus!]) { organization(id: $id) {
  tasks(first: $n, filter: {status: $status}) { nodes { asked case { number title } } pageInfo { hasNextPage } } } }"""
FOUR_LISTS = """query Lists($id: ID!, $filter: ListProblemFilter, $order: ListProblemOrder!) { grid(id: $id) {
  fourLists(first: 8, filter: $filter, orderBy: $order) { nodes { category text gaps nextDueOn
    measures(first: 5) { nodes { text responsibilities(first: 3) { nodes { ownerName dueOn overdue result { text } } } } } }
  pageInfo { hasNextPage } } } }"""
LIST_GAPS = """query Gaps($id: ID!) { node(id: $id) { ... on Grid { listGaps { ...Gaps } } ... on Organization { listGaps { ...Gaps } } } }
  fragment Gaps on ListGaps { problemsWithoutMeasure(first: 5) { nodes { text } }
  measuresWithoutOwner(first: 5) { nodes { text } } responsibilitiesPastDue(first: 5) { nodes { ownerName dueOn } } }"""
MESSAGES = """query Messages($n: Int!, $id: ID!, $filter: CaseMessageFilter) { case(id: $id) {
  messages(first: $n, filter: $filter) { nodes { text at by { ... on Member { name } } replyTo { text }
    attachments(first: 5) { nodes { filename } } } pageInfo { hasNextPage } }
  attachments(first: 5) { nodes { filename bytes } } } }"""
QUEUE = """query Queue($n: Int!, $id: ID!, $open: Boolean) { organization(id: $id) {
  queue(first: $n, filter: {open: $open}) { totalCount nodes { number title queue { name } } } } }"""
MATTER = """query Matter($id: ID!) { case(id: $id) { survivor { status } mergedInto { number } handler { name }
  related(first: 10) { nodes { number } } merged(first: 10) { nodes { number } } tasks(first: 5) { nodes { status } }
  allegations(first: 5) { nodes { text } } steps(first: 20) { nodes { kind } } } }"""
OWN = "query Own($n: Int!, $id: ID!) { resident(id: $id) { cases(first: $n) { nodes { number title } } } }"
SEALED = """query Sealed($n: Int!, $filter: SealedCaseFilter) { sealedCases(first: $n, filter: $filter) {
  nodes { number status owner { name } about { name } events(first: 3) { nodes { kind } } } pageInfo { hasNextPage } } }"""
SEALED_ONE = """query One($id: ID!) { sealedCase(id: $id) { number events(first: 20) { nodes { kind at } }
  accesses(first: 20) { nodes { at } } } }"""
NODE = "query Node($id: ID!) { node(id: $id) { id ... on Case { number grid { name } } ... on Grid { name } } }"


def _cases(name: str, role: str = "dispatcher", order: str = "REPORTED_DESC", known: str = "", **filter_: Any) -> Hot:
    return Hot(name, role, CASES, {"n": PAGE, "filter": filter_ or None, "order": order}, known=known)


def _list(kind: str, order_type: str, order: str, fields: str, role: str, given: str = "") -> Hot:
    query = LIST % (order_type, kind, given, fields)
    return Hot(f"{kind} {order} {given}".strip(), role, query, {"n": PAGE, "order": order})


_SEVERAL = "no index delivers several values of its first column in order: a generic plan walks the newest cases"
_SUBTREE = "no index delivers a subtree's cases in order of time: they are all read and sorted"
_COUNTED = "counts by key are made of all the rows of the connection, however few the bars"
_COMMON = "of a word that many titles hold, all are looked up and sorted"
ROLES = ("dispatcher", "community_secretary", "grid_worker", "resident")
DISCIPLINE = ("discipline_lead", "discipline_office")
BOARDS = [_cases(f"board of {role}", role) for role in ROLES]
FILTERED = [
    _cases("one status", status=["IN_PROGRESS"]),
    _cases("two statuses", status=["IN_PROGRESS", "CLAIMED"], known=_SEVERAL),
    _cases("category", category=["HEALTH"]),
    _cases("status and category", status=["ARCHIVED"], category=["HEALTH"]),
    _cases("below a community", withinOrganizationId="org_$organization_id"),
    _cases("below the root", withinOrganizationId="org_$root_id", known=_SUBTREE),
    _cases("one grid", gridId="grid_$grid_id"),
    _cases("overdue", overdue=True),
    _cases("open", open=True),
    _cases("reported in a range", reportedSince="2022-02-01T00:00:00Z", reportedUntil="2022-03-01T00:00:00Z"),
    _cases("by number", number="$number"),
    _cases("at a grid", place={"gridId": "grid_$grid_id"}),
    _cases("at an organization", place={"organizationId": "org_$organization_id"}),
    _cases("search for a number", search="$number"),
    _cases("search for words nobody wrote", search="no such word"),
    _cases("search for a common word", search="路灯", known=_COMMON),
    _cases("search in a grid", "grid_worker", search="$number"),
]
ORDERED = [_cases(f"order {order.name}", order=order.name) for order in CaseOrder]
SINGLE = [Hot(f"case of {role}", role, CASE, {"id": "case_$case_id"}) for role in ROLES] + [
    Hot(f"node {prefix}", "dispatcher", NODE, {"id": f"{prefix}_${column}"})
    for prefix, column in (("case", "case_id"), ("grid", "grid_id"), ("member", "claimant_id"))
]
LISTS = [
    *(_list("grids", "GridOrder", order.name, "code name organization { name }", "grid_worker") for order in GridOrder),
    *(
        _list("members", "MemberOrder", order.name, "name organization { name }", role)
        for order in MemberOrder
        for role in ("dispatcher", "community_secretary")
    ),
    *(
        _list("volunteers", "VolunteerOrder", order.name, "name stars", "community_secretary")
        for order in VolunteerOrder
    ),
    *(
        _list(
            "hourEntries",
            "HourEntryOrder",
            order.name,
            "servedOn minutes volunteer { name }",
            "community_secretary",
            ", filter: {status: [ENTERED]}",
        )
        for order in HourEntryOrder
    ),
]
COUNTED = [
    Hot(f"cases by {key.name}", role, COUNTS, {"key": key.name}, known=_COUNTED)
    for role in ("dispatcher", "community_secretary")
    for key in CaseKey
]
SHARED = [
    Hot(f"tasks of {role}", role, TASKS, {"n": PAGE, "id": "org_$organization_id", "status": ["OPEN"]})
    for role in ("dispatcher", "community_secretary")
]
_ASKED_OF_FOUR: dict[str, dict[str, Any]] = {
    "by day": {"order": "DUE_ASC"},
    "open": {"filter": {"open": True}},
    "of a category": {"filter": {"category": ["HEALTH"]}},
    "with a gap": {"filter": {"gap": ["NO_OWNER"]}},
    "past due": {"filter": {"overdue": True}},
    "of an owner": {"filter": {"ownerId": "member_$claimant_id"}},
}
IN_GRID = {"id": "grid_$grid_id", "filter": None, "order": "ADDED_DESC"}
FOUR = [
    *(Hot(f"four lists of {role}", role, FOUR_LISTS, IN_GRID) for role in ROLES[:3]),
    *(
        Hot(f"four lists {word}", "community_secretary", FOUR_LISTS, {**IN_GRID, **given})
        for word, given in _ASKED_OF_FOUR.items()
    ),
    *(
        Hot(f"gaps of {kind}", role, LIST_GAPS, {"id": id_})
        for role in ("dispatcher", "community_secretary")
        for kind, id_ in (("a grid", "grid_$grid_id"), ("a community", "org_$organization_id"))
    ),
]
A_CASE, A_COMMUNITY = {"id": "case_$case_id"}, {"n": PAGE, "id": "org_$organization_id"}
WRITTEN = [
    *(Hot(f"messages of {role}", role, MESSAGES, {"n": PAGE, "filter": None, **A_CASE}) for role in ROLES),
    Hot("private messages", "dispatcher", MESSAGES, {"n": PAGE, "filter": {"thread": "PRIVATE"}, **A_CASE}),
    *(Hot(f"what belongs to a case of {role}", role, MATTER, A_CASE) for role in ROLES[:2]),
    *(Hot(f"queue of {role}", role, QUEUE, {**A_COMMUNITY, "open": True}) for role in ROLES[:2]),
    _cases("one queue", queueId="org_$organization_id"),
    _cases("handled by somebody", handlerId="member_$claimant_id", open=True),
    _cases("handled by me", "grid_worker", handledByMe=True, open=True),
    _cases("without an explanation", awaitsExplanation=True),
    _cases("urged", open=True, supervision=["URGED"]),
    _cases("of a channel", open=True, channel=["HOTLINE"]),
    _cases("of a visit", open=True, origin="PROACTIVE_VISIT"),
    _cases("without a name", open=True, anonymous=True),
    _cases("major", open=True, severity=["MAJOR"]),
    _cases("held by an organization", open=True, organizationId="org_$organization_id"),
    Hot("own cases", "resident", OWN, {"n": PAGE, "id": "resident_$reporter_id"}),
    Hot("a resident's cases", "community_secretary", OWN, {"n": PAGE, "id": "resident_$reporter_id"}),
]
SEALED_OF = [
    *(Hot(f"sealed matters of {role}", role, SEALED, {"n": PAGE, "filter": None}) for role in DISCIPLINE),
    Hot("sealed matters in a state", "discipline_lead", SEALED, {"n": PAGE, "filter": {"status": ["INQUIRY"]}}),
    Hot("a sealed matter", "discipline_lead", SEALED_ONE, {"id": "sealed_$sealed_id"}),
]
WHOLE = [
    Hot("board of the bench", "dispatcher", BOARD, {"n": 50, "status": ["IN_PROGRESS"]}, rows=1_500),
    Hot(
        "tree", "dispatcher", TREE, {"id": "org_$root_id", "n": 36, "m": 8}, rows=5_000
    ),  # counts all grids and members
    Hot("open cases in the tree", "dispatcher", OPEN_TREE, {"id": "org_$root_id"}, rows=3_000),
]
HOT = [*BOARDS, *FILTERED, *ORDERED, *SINGLE, *LISTS, *SHARED, *FOUR, *WRITTEN, *SEALED_OF, *COUNTED, *WHOLE]


@pytest.fixture(scope="module")
async def few(migrated: Template, redis_url: str) -> AsyncIterator[Crowd]:
    """8 cities with 1,500 cases each."""
    async with crowd(migrated, redis_url, cities=8, cases=1_500, residents=300) as found:
        yield found


@pytest.fixture(scope="module")
async def many(migrated: Template, redis_url: str) -> AsyncIterator[Crowd]:
    """200 cities with 10,000 cases each."""
    async with crowd(migrated, redis_url, cities=200, cases=10_000, residents=1_000) as found:
        yield found


@pytest.mark.parametrize("hot", HOT, ids=lambda hot: f"{hot.role}: {hot.name}")
async def test_hot_reads_go_by_index(few: Crowd, hot: Hot) -> None:
    assert "\n".join(await faults(few, hot, large=1_000)) == ""


@pytest.mark.slow
@pytest.mark.parametrize("hot", HOT, ids=lambda hot: f"{hot.role}: {hot.name}")
async def test_hot_reads_go_by_index_among_200_cities(many: Crowd, hot: Hot) -> None:
    assert "\n".join(await faults(many, hot, large=10_000)) == ""


async def faults(crowd: Crowd, hot: Hot, *, large: int) -> list[str]:
    """What is wrong with the plans of a read, in words."""
    tables = {table for table, rows in crowd.rows.items() if rows >= large}
    wrong: list[str] = []
    for statement in await crowd.statements(hot.role, hot.query, _filled(hot.variables, crowd.row)):
        for mode in MODES:
            (plan,) = orjson.loads(await explained(crowd.connection, statement, mode=mode, form="json"))
            found = [scan for scan in scans(plan) if scan.table in tables]
            assert found, "the plan touches no large table"
            wrong += [f"{mode}: {fault}" for fault in _judged(found, hot)]
    return wrong


def _judged(found: list[Scan], hot: Hot) -> list[str]:
    wrong = [
        f"not by an index that begins with the tenant: {scan}" for scan in found if scan.read and not scan.by_tenant
    ]
    if (read := sum(scan.read for scan in found)) > hot.rows and not hot.known:
        most = sorted(found, key=lambda scan: -scan.read)[:3]
        wrong.append(f"reads {read} rows, {hot.rows} are enough: {'; '.join(map(str, most))}")
    return wrong


def _filled(value: Any, row: Mapping[str, Any]) -> Any:
    """The variables with ``$column`` replaced by what the asked city has there."""
    if isinstance(value, Mapping):
        return {key: _filled(item, row) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, row) for item in value]
    if isinstance(value, str) and "$" in value:
        prefix, _, column = value.partition("$")
        return f"{prefix}{row[column]}"
    return value
