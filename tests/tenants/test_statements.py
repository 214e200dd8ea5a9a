"""Statements compiled once: the same values, the same tenant, the same faults as through SQLAlchemy."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Text, Uuid, bindparam, func, insert, literal, select, text, update

from migrations.roles import DatabaseUrls
from server.events.models import AuditEntry, DueWork, Event
from server.events.record import next_number, next_numbers
from tenants.errors import TooSlow
from tenants.ids import uuid7
from tenants.inserts import insert_together, row_part
from tenants.models import Tenant, TenantCounter
from tenants.sessions import Database
from tenants.statements import Prepared
from tests.tenants.test_sessions import two_cities

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


async def test_values_and_what_stands_in_the_statement_are_bound(
    database: Database, operator_database: Database
) -> None:
    east, _west = await two_cities(operator_database)
    name = bindparam("name", type_=Text())
    prepared = Prepared(
        select(func.concat(name, literal("-"), TenantCounter.name).label("joined")).where(
            TenantCounter.tenant_id == bindparam("tenant_id", type_=Uuid()), TenantCounter.last < 5
        )
    )
    async with database.write(east) as session:
        for word in ("a", "b"):
            (row,) = await prepared.run(session, {"tenant_id": east, "name": word})
            assert row["joined"] == f"{word}-east"


def test_a_list_of_unknown_length_is_refused() -> None:
    with pytest.raises(TypeError, match="IN lists"):
        Prepared(select(TenantCounter.name).where(TenantCounter.name.in_(["a", "b"])))


async def test_rows_of_several_tables_in_one_statement(database: Database, operator_database: Database) -> None:
    """Defaults of the model apply, None of JSON is null, and the session holds nothing of it."""
    east, _west = await two_cities(operator_database)
    subject = uuid7()
    event = Event(tenant_id=east, seq=7, type="CaseReported", subject_type="case", subject_id=subject, at=AT)
    work = DueWork(tenant_id=east, kind="k", subject_id=subject, step="1", due_at=AT, outcome=None)
    entry = AuditEntry(
        tenant_id=east,
        at=AT,
        actor_kind="USER",
        action="case:report",
        object_type="case",
        object_id=subject,
        request_id="r",
        detail={"to": "REPORTED"},
    )
    async with database.write(east) as session:
        await insert_together(session, event, work, entry)
        assert list(session) == []
    async with database.write(east) as session:
        stored = (await session.scalars(select(Event).where(Event.tenant_id == east))).one()
        due = (await session.scalars(select(DueWork).where(DueWork.tenant_id == east))).one()
        audited = (await session.scalars(select(AuditEntry).where(AuditEntry.tenant_id == east))).one()
    assert (stored.seq, stored.subject_id, stored.at, stored.id.version) == (7, subject, AT, 7)
    assert (due.attempts, due.outcome, due.done_at) == (0, None, None)
    assert audited.detail == {"to": "REPORTED"}


def test_rows_with_the_same_columns_share_a_statement() -> None:
    first, second = (row_part(DueWork(tenant_id=uuid7(), kind=kind, step="1")) for kind in ("a", "b"))
    assert (first.build, first.shape) == (second.build, second.shape)
    assert first.shape[1] == ("tenant_id", "kind", "step", "attempts", "created_at", "id")
    assert row_part(DueWork(tenant_id=uuid7(), kind="a")).shape != first.shape


async def test_another_citys_rows_are_refused(database: Database, operator_database: Database) -> None:
    east, west = await two_cities(operator_database)
    row = Event(tenant_id=west, seq=1, type="T", subject_type="case", subject_id=uuid7(), at=AT)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.write(east) as session:
            await insert_together(session, row)


async def test_numbers_of_two_counters_are_taken_together_and_given_back(
    database: Database, operator_database: Database
) -> None:
    east, _west = await two_cities(operator_database)
    async with database.write(east) as session:
        assert await next_numbers(session, east, {"case": 1, "event": 3}) == (1, 3)
        assert await next_numbers(session, east, {"case": 1, "event": 1}) == (2, 4)
        assert await next_numbers(session, east, {"case": -1, "event": -1}) == (1, 3)
    async with database.write(east) as session:
        assert await next_number(session, east, "event", count=2) == 5
        assert await next_number(session, east, "case") == 2


async def test_a_statement_and_the_session_share_the_transaction(
    database: Database, operator_database: Database
) -> None:
    """Both are undone together; what the session still holds is written when the block ends."""
    east, _west = await two_cities(operator_database)
    assert await _number_and_work(database, east, failing=True) == (1, 1)
    assert await _number_and_work(database, east, failing=False) == (1, 1)
    assert await _number_and_work(database, east, failing=False) == (2, 2)


async def _number_and_work(database: Database, tenant_id: UUID, *, failing: bool) -> tuple[int, int]:
    """Take a number and write a row; the number, and how many rows there are then. Undone when failing."""
    with suppress(_Failing):
        async with database.write(tenant_id) as session:
            number = await next_number(session, tenant_id, "event")
            session.add(DueWork(tenant_id=tenant_id, kind="k", subject_id=uuid7(), step="1", due_at=AT))
            if failing:
                await session.flush()
            rows = await session.scalar(select(func.count()).where(DueWork.tenant_id == tenant_id))
            if failing:
                raise _Failing
    if failing:
        return number, rows or 0
    async with database.write(tenant_id) as session:
        return number, await session.scalar(select(func.count()).where(DueWork.tenant_id == tenant_id)) or 0


class _Failing(Exception):
    """What goes wrong on purpose."""


async def test_what_waits_too_long_is_told_alike(db_urls: DatabaseUrls, operator_database: Database) -> None:
    east, _west = await two_cities(operator_database)
    impatient = await Database.connect(db_urls.app, statement_timeout_ms=200)
    try:
        async with operator_database.write(east) as holder:
            await next_number(holder, east, "event")
            with pytest.raises(TooSlow):
                async with impatient.write(east) as session:
                    await next_number(session, east, "event")
    finally:
        await impatient.close()


async def test_a_broken_connection_is_made_again(db_urls: DatabaseUrls) -> None:
    """Told by its socket at once; nobody is asked between two transactions that follow each other."""
    database = await Database.connect(db_urls.operator, write_pool_size=1)
    owner = await asyncpg.connect(db_urls.operator)
    try:
        async with database.across() as session:
            first = await session.scalar(text("select pg_backend_pid()"))
        async with database.across() as session:
            assert await session.scalar(text("select pg_backend_pid()")) == first
        assert await owner.fetchval("select pg_terminate_backend($1, 5000)", first)
        async with database.across() as session:
            assert await session.scalar(text("select pg_backend_pid()")) != first
            tenant_id = uuid7()
            await session.execute(
                insert(Tenant).values(
                    id=tenant_id, slug="east", kind="CITY", name={"en": "East"}, time_zone="Asia/Shanghai"
                )
            )
        async with database.across() as session:
            await session.execute(update(Tenant).where(Tenant.id == tenant_id).values(slug="west"))
            assert await session.scalar(select(Tenant.slug)) == "west"
    finally:
        await owner.close()
        await database.close()
