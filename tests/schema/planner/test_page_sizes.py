"""Usual page sizes stand in the statement, so that PostgreSQL knows what it is planning for; all others are bound."""

from __future__ import annotations

import re

import asyncpg
import pytest

from schema.planner.arguments import USUAL_SIZES, shape
from tests.fixtures.city import Api, Platform
from tests.schema.planner.test_plans import FILL

CASES = """query($n: Int, $filter: CaseFilter) {
  cases(first: $n, filter: $filter) { nodes { id } pageInfo { hasNextPage } } }"""
LAST = "query($n: Int) { cases(last: $n) { nodes { id } pageInfo { hasPreviousPage } } }"


@pytest.fixture
async def filled(platform: Platform) -> None:
    """Thirty cases more than the city has."""
    tenant_id = (await platform.tenant("daye")).id
    app = await asyncpg.connect(platform.urls.app)
    await app.execute("select set_config('app.tenant_id', $1, false)", str(tenant_id))
    await app.execute(FILL, tenant_id, 30)
    await app.close()


def _limits(statement: str) -> list[str]:
    return re.findall(r"LIMIT (\S+)", statement)


@pytest.mark.parametrize("size", [None, *sorted(USUAL_SIZES)])
async def test_a_usual_size_stands_in_the_statement(api: Api, statements: list[str], size: int | None) -> None:
    await api("daye", "tenant_admin", CASES, n=size)
    assert _limits(statements[0]) == [f"{size or 20}"]


@pytest.mark.parametrize("size", [1, 9, 24, 99])
async def test_any_other_size_is_bound(api: Api, statements: list[str], size: int) -> None:
    await api("daye", "tenant_admin", CASES, n=size)
    assert [limit[0] for limit in _limits(statements[0])] == ["$"]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        (None, "2"),
        ({}, "2"),
        ({"status": ["IN_PROGRESS"]}, "2"),
        ({"overdue": True}, "2"),
        ({"status": ["IN_PROGRESS", "CLAIMED"]}, "$"),
        ({"status": ["IN_PROGRESS"], "category": ["ROAD"]}, "$"),
        ({"reportedSince": "2026-01-01T00:00:00Z"}, "$"),
        ({"search": "road"}, "$"),
    ],
)
async def test_a_size_is_bound_where_one_plan_is_not_good_for_all_values(
    api: Api, statements: list[str], asked: dict[str, object] | None, first: str
) -> None:
    answer = await api("daye", "tenant_admin", CASES, n=20, filter=asked)
    assert "errors" not in answer
    assert {limit[0] for limit in _limits(statements[-1])} == {first}


@pytest.mark.usefixtures("filled")
async def test_a_page_has_the_size_of_its_own_request(api: Api) -> None:
    """In turn, so that a plan kept for one size would show in the answer for another."""
    everything = (await api("daye", "tenant_admin", CASES, n=100))["data"]["cases"]["nodes"]
    assert 50 < len(everything) < 100
    for query, name in ((CASES, "hasNextPage"), (LAST, "hasPreviousPage")):
        for size in (10, 3, 20, 4, 10, 25, 100, 7, 50):
            page = (await api("daye", "tenant_admin", query, n=size))["data"]["cases"]
            assert page["nodes"] == (everything[:size] if query == CASES else everything[-size:])
            assert page["pageInfo"][name] == (size < len(everything))
    for wrong in (0, -10, 101, 1000):
        answer = await api("daye", "tenant_admin", CASES, n=wrong)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_unusual_numbers_share_a_shape() -> None:
    assert len({shape({"n": size}) for size in range(-1000, 1000)}) == len(USUAL_SIZES) + 1
    assert shape({"n": 10.0}) == shape({"n": 11.0}) != shape({"n": 10})
