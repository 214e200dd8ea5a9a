"""Walking pages gives the ordered list, each row once, whatever the values, the page sizes and what is added meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from server.cases.models import Case
from server.grids.models import Grid
from tenants.ids import uuid7
from tenants.sessions import WriteSession
from tests.fixtures.city import Api, Platform

EPOCH = datetime(2026, 3, 1, tzinfo=UTC)
DUE = """query($first: Int, $after: String, $last: Int, $before: String) {
  it: cases(orderBy: DUE_ASC, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
KIND = """query($first: Int, $after: String, $last: Int, $before: String) {
  it: grids(orderBy: KIND_ASC, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""

instants = st.sampled_from([0, 1, 2, 3_600_000_000]).map(lambda micros: EPOCH + timedelta(microseconds=micros))
dues = st.lists(st.none() | instants, min_size=3, max_size=12)
kinds = st.lists(st.tuples(st.sampled_from(["A", "a", "网", "😀"]), st.integers(0, 3)), min_size=3, max_size=12)
sizes = st.lists(st.integers(1, 4), min_size=1, max_size=4)
walks = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True, slots=True)
class Walker:
    """Walks a connection in the name of the city's administrator, from the test's own event loop."""

    platform: Platform
    api: Api
    tenant_id: UUID
    loop: asyncio.AbstractEventLoop

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run in the loop, from the thread of Hypothesis."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def page(self, query: str, **window: Any) -> tuple[list[str], dict[str, Any]]:
        body = await self.api("daye", "tenant_admin", query, **window)
        return [node["id"] for node in body["data"]["it"]["nodes"]], body["data"]["it"]["pageInfo"]

    async def walk(self, query: str, steps: list[int], *, between: Any = None) -> list[str]:
        """Forward to the end; ``between`` is awaited after each page."""
        found: list[str] = []
        window: dict[str, Any] = {}
        for size in _over_and_over(steps):
            ids, info = await self.page(query, first=size, **window)
            found += ids
            if not info["hasNextPage"]:
                return found
            assert len(ids) == size
            window = {"after": info["endCursor"]}
            if between is not None:
                await between()
        raise AssertionError

    async def walk_back(self, query: str, steps: list[int], *, between: Any = None) -> list[str]:
        """Backward from the end."""
        found: list[str] = []
        window: dict[str, Any] = {}
        for size in _over_and_over(steps):
            ids, info = await self.page(query, last=size, **window)
            found = ids + found
            if not info["hasPreviousPage"]:
                return found
            assert len(ids) == size
            window = {"before": info["startCursor"]}
            if between is not None:
                await between()
        raise AssertionError

    async def set_dues(self, values: list[datetime | None]) -> list[str]:
        """Give the city's cases these deadlines, over and over; the public ids in the order of DUE_ASC."""
        async with self.platform.services.database.write(self.tenant_id) as session:
            ids = await _ids(session, Case, self.tenant_id)
            given_to = {id_: values[index % len(values)] for index, id_ in enumerate(ids)}
            for id_, due_at in given_to.items():
                await session.execute(update(Case).where(_row(Case, self.tenant_id, id_)).values(due_at=due_at))
        latest = datetime.max.replace(tzinfo=UTC)
        return [f"case_{id_}" for id_ in sorted(ids, key=lambda id_: (given_to[id_] or latest, id_))]

    async def add_case(self, number: str, due_at: datetime | None) -> None:
        """One more case, like the city's first."""
        async with self.platform.services.database.write(self.tenant_id) as session:
            table = Case.__table__
            like = (await session.execute(select(table).where(table.c.tenant_id == self.tenant_id).limit(1))).one()
            changes = {"id": uuid7(), "number": number, "due_at": due_at, "idempotency_key": None}
            await session.execute(insert(Case).values(dict(like._mapping) | changes))

    async def set_kinds(self, values: list[tuple[str, int]]) -> set[tuple[str, int, str]]:
        """Give the city's grids these kinds and sizes, over and over; what the rows hold then."""
        async with self.platform.services.database.write(self.tenant_id) as session:
            ids = await _ids(session, Grid, self.tenant_id)
            rows = {(*values[index % len(values)], id_) for index, id_ in enumerate(ids)}
            for kind, households, id_ in rows:
                changed = update(Grid).where(_row(Grid, self.tenant_id, id_))
                await session.execute(changed.values(kind=kind, households=households))
        return {(kind, households, f"grid_{id_}") for kind, households, id_ in rows}


def _over_and_over(steps: list[int]) -> Iterator[int]:
    return (steps[turn % len(steps)] for turn in range(200))


def _row(model: type[Any], tenant_id: UUID, id_: UUID) -> Any:
    return (model.tenant_id == tenant_id) & (model.id == id_)


async def _ids(session: WriteSession, model: type[Any], tenant_id: UUID) -> list[UUID]:
    return list((await session.scalars(select(model.id).where(model.tenant_id == tenant_id).order_by(model.id))).all())


async def _walker(platform: Platform, api: Api) -> Walker:
    return Walker(platform, api, (await platform.tenant("daye")).id, asyncio.get_running_loop())


async def test_deadlines_with_nulls_and_ties_in_both_directions(platform: Platform, api: Api) -> None:
    walker = await _walker(platform, api)

    @walks
    @given(values=dues, steps=sizes)
    def check(values: list[datetime | None], steps: list[int]) -> None:
        expected = walker.wait(walker.set_dues(values))
        assert walker.wait(walker.walk(DUE, steps)) == expected
        assert walker.wait(walker.walk_back(DUE, steps)) == expected

    await asyncio.to_thread(check)


async def test_mixed_directions_in_both_directions(platform: Platform, api: Api) -> None:
    walker = await _walker(platform, api)

    @walks
    @given(values=kinds, steps=sizes)
    def check(values: list[tuple[str, int]], steps: list[int]) -> None:
        rows = walker.wait(walker.set_kinds(values))
        forward = walker.wait(walker.walk(KIND, steps))
        assert sorted(forward) == sorted(id_ for _kind, _households, id_ in rows)
        by_id = {id_: (kind, households) for kind, households, id_ in rows}
        for kind in {kind for kind, _households, _id in rows}:  # how kinds compare is the database's affair
            sizes_of_kind = [by_id[id_][1] for id_ in forward if by_id[id_][0] == kind]
            assert sizes_of_kind == sorted(sizes_of_kind, reverse=True)
        assert len([1 for a, b in pairwise(forward) if by_id[a][0] != by_id[b][0]]) + 1 == len(
            {kind for kind, _households, _id in rows}
        )
        assert walker.wait(walker.walk_back(KIND, steps)) == forward

    await asyncio.to_thread(check)


async def test_rows_that_are_there_throughout_appear_once_while_others_are_added(platform: Platform, api: Api) -> None:
    walker = await _walker(platform, api)
    numbers = count()

    @settings(walks, max_examples=8)
    @given(values=dues, steps=sizes, added=dues)
    def check(values: list[datetime | None], steps: list[int], added: list[datetime | None]) -> None:
        expected = walker.wait(walker.set_dues(values))
        coming = iter(added)

        async def add() -> None:
            for due_at in (value for value, _ in zip(coming, range(2), strict=False)):
                await walker.add_case(f"ADDED-{next(numbers)}", due_at)

        for walk in (walker.walk, walker.walk_back):
            found = walker.wait(walk(DUE, steps, between=add))
            assert [id_ for id_ in found if id_ in set(expected)] == expected
            assert len(found) == len(set(found))

    await asyncio.to_thread(check)
