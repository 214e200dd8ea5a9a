"""The lists read deep, filtered, ordered and counted, are those that the plain reference finds for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from schema.lists.inputs import (
    ListEventOrder,
    ListMeasureOrder,
    ListProblemKey,
    ListProblemOrder,
    ListResponsibilityKey,
    ListResponsibilityOrder,
)
from tests.conftest import Template
from tests.reference.city import City, standing
from tests.reference.executor import Operation

ROLES = ("dispatcher", "community_secretary", "grid_worker", "posted_member", "resident", "tenant_admin")
PEOPLE = "addedBy { name }"
OWNER = "owner { __typename ... on Member { id name } ... on Organization { id code } } ownerName"
DEEP = f"""{{ grids(first: 9) {{ nodes {{ id fourLists(first: 3, orderBy: %s) {{ totalCount nodes {{ id category text version gaps
  overdue nextDueOn addedAt closedAt {PEOPLE} closedBy {{ name }} case {{ number }} grid {{ code }}
  measures(first: 2, orderBy: %s) {{ nodes {{ id text owned {PEOPLE} responsibilities(first: 2, orderBy: %s) {{ nodes {{
    id dueOn done overdue {OWNER} result {{ id text {PEOPLE} responsibility {{ id }} }} measure {{ id }} problem {{ id }} }} }} }} }} }} }} }} }} }}"""
HISTORY = f"""{{ grids(first: 9) {{ nodes {{ fourLists(first: 3) {{ nodes {{ events(first: 9, orderBy: %s, filter: %s) {{ totalCount
  nodes {{ id seq kind itemKind text category dueOn at {OWNER} actor {{ name }} problem {{ id }}
    item {{ __typename ... on ListProblem {{ id }} ... on ListMeasure {{ id }} ... on ListResponsibility {{ id }}
      ... on ListResult {{ id }} }} }} }} }} }} }} }} }}"""
GAPS = f"""{{ %s(first: 30) {{ nodes {{ listGaps {{
  problemsWithoutMeasure(first: 5) {{ totalCount nodes {{ id }} countBy(key: %s) {{ key label count }} }}
  measuresWithoutOwner(last: 3) {{ totalCount nodes {{ id }} countBy(key: GRID) {{ key label count }} }}
  responsibilitiesPastDue(first: 5) {{ totalCount nodes {{ id {OWNER} }} countBy(key: %s) {{ key label count }} }} }} }} }} }}"""
FILTERED = "{ grids(first: 9) { nodes { fourLists(first: 9, filter: %s) { totalCount nodes { id gaps } } } } }"
FILTERS = (
    '{category: ["HEALTH"]}',
    "{open: true, overdue: true}",
    "{open: false}",
    "{overdue: false}",
    "{gap: [NO_MEASURE]}",
    "{gap: [NO_OWNER, PAST_DUE]}",
    "{gap: []}",
    '{addedSince: "2026-01-01T00:00:00Z", open: true}',
)
BELOW = "{ grids(first: 9) { nodes { fourLists(first: 3) { nodes { measures(filter: %s) { totalCount nodes { id responsibilities(first: 3, filter: %s) { nodes { id } } } } } } } } }"


def queries() -> Iterator[str]:
    orders = product(ListProblemOrder, ListMeasureOrder, ListResponsibilityOrder)
    yield from (DEEP % tuple(order.name for order in found) for found in orders)
    yield from (HISTORY % (order.name, "{item: [MEASURE, RESULT]}") for order in ListEventOrder)
    yield HISTORY % ("SEQ_ASC", "null")
    keys = product(("grids", "organizations"), ListProblemKey, ListResponsibilityKey)
    yield from (GAPS % (root, problem.name, part.name) for root, problem, part in keys)
    yield from (FILTERED % given for given in FILTERS)
    yield BELOW % ("{owned: true}", "{overdue: true}")
    yield BELOW % ("{owned: false}", "{done: true}")
    yield BELOW % ("{}", '{done: false, dueSince: "2026-01-01", dueUntil: "2090-01-01"}')


@pytest.fixture(scope="module")
def city(migrated: Template, redis_url: str) -> Iterator[City]:
    """One city for the whole file: nothing here writes."""
    with standing(migrated, redis_url) as found:
        yield found


@pytest.mark.parametrize("username", ROLES)
def test_the_lists_equal_the_reference(city: City, username: str) -> None:
    for query in queries():
        body, difference = city.compare(username, Operation(query, {}))
        assert "errors" not in body, body["errors"]
        assert difference is None, f"{query}\n{difference}"


def test_each_role_sees_its_own_part(city: City) -> None:
    """Or the comparison above would be of nothing."""
    count = "{ grids(first: 50) { nodes { fourLists { totalCount } } } }"

    def seen(username: str) -> int:
        nodes = city.product(username, Operation(count, {}))["data"]["grids"]["nodes"]
        return sum(node["fourLists"]["totalCount"] for node in nodes)

    every = len(city.world.rows("list_problem"))
    assert seen("tenant_admin") == every
    assert 0 < seen("grid_worker") < every
    assert 0 < seen("community_secretary") < every
    assert seen("resident") == 0


def test_an_owner_is_asked_for_by_those_who_may_see_them(city: City) -> None:
    filters = ('{ownerId: "member_%s"}', '{ownerOrganizationId: "org_%s"}')
    parts = city.world.rows("list_responsibility")
    for column, given in zip(("member_id", "organization_id"), filters, strict=True):
        ids = sorted({part[column] for part in parts if part[column] is not None})[:8]
        for id_, username in product(ids, ROLES):
            _body, difference = city.compare(username, Operation(FILTERED % (given % id_), {}))
            assert difference is None, difference
