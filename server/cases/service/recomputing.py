"""Deadlines computed anew when the limits, the ladder or a calendar change: what would move, and the run that moves it.

A deadline that has passed stays as it was: no change of the rules hides that it was missed. A run goes through the open
cases in the order of their ids, a batch per transaction; how far it got is a row, so whatever stops it, it goes on there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import any_, func, select

from server.cases import rules
from server.cases.models import Case
from server.cases.replay import replay
from server.cases.revisions import DeadlineRun
from server.cases.service.changes import attempt_of, change_case, open_case
from server.cases.service.logs import logs_of
from server.cases.service.policy import CasePolicy
from server.cases.service.schedule import clock_of, due_of, reschedule
from server.cases.states import UNENDED, UNRESOLVED, Action, Track
from server.cases.templates import settings_of
from server.events.models import DueWork
from server.events.record import record
from tenants.clock import database_now, now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.sessions import WriteSession
from tenants.sets import texts_of

RECOMPUTE = "case.recompute"
BATCH = 50
_log = structlog.get_logger(__name__)
MOST_PREVIEWED = 5_000
MOST_SHOWN = 50
# Every process has read the new manifest by then (tenants.registry), so no case is given a deadline by the old one.
_SETTLES = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Move:
    """A case whose deadline would be another one; None for none, or for one that is not known yet."""

    case_id: UUID
    number: str
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do. looked_at: of open_cases, at most ``MOST_PREVIEWED``. furthest: the longest way of a deadline,
    either way. moves: the first ``MOST_SHOWN``.
    """

    open_cases: int
    looked_at: int
    moved: int
    furthest: timedelta
    moves: tuple[Move, ...]


async def preview(session: WriteSession, *, tenant_id: UUID, policy: CasePolicy) -> Preview:
    """What would move if this policy were in force; changes nothing."""
    at = await database_now(session)
    looked_at, moves = 0, list[Move]()
    async for rows in _pages(session, tenant_id=tenant_id):
        logs = await logs_of(session, [row.id for row in rows], tenant_id=tenant_id)
        looked_at += len(rows)
        moves += [
            Move(row.id, row.number, row.due_at, after)
            for row in rows
            if (after := _anew(row, logs[row.id], at, policy)) != row.due_at
        ]
    ways = [abs(move.after - move.before) for move in moves if move.before and move.after]
    return Preview(
        open_cases=await _count(session, tenant_id=tenant_id, renews=False),
        looked_at=looked_at,
        moved=len(moves),
        furthest=max(ways, default=timedelta()),
        moves=tuple(moves[:MOST_SHOWN]),
    )


async def ask_for_run(session: WriteSession, *, tenant_id: UUID, manifest_version: int, renews: bool = False) -> None:
    """Have the worker compute every open deadline anew, by the manifest that the transaction puts in force.

    renews: first give every case that has not ended the template of its track as it is then.
    """
    run = DeadlineRun(
        tenant_id=tenant_id,
        id=uuid7(),
        manifest_version=manifest_version,
        open_cases=await _count(session, tenant_id=tenant_id, renews=renews),
        renews=renews,
        asked_at=now(),
    )
    session.add(run)
    session.add(
        DueWork(
            tenant_id=tenant_id,
            id=uuid7(),
            kind=RECOMPUTE,
            subject_id=run.id,
            step="run",
            due_at=now() + _SETTLES,
        ),
    )
    await session.flush()


async def continue_run(
    session: WriteSession,
    *,
    work: DueWork,
    policy: CasePolicy,
    manifest_version: int,
    actor: Actor,
) -> None:
    """One batch of a run; the row of due work is due again at once until there is nothing left to look at.

    policy: of the manifest of that version; the run waits for whoever has not read the one it follows.
    """
    at = await database_now(session)
    mine = select(DeadlineRun).where(DeadlineRun.tenant_id == actor.tenant_id, DeadlineRun.id == work.subject_id)
    run = await session.scalar(mine.with_for_update())
    if run is None or run.finished_at is not None:
        return
    if manifest_version < run.manifest_version:
        work.due_at = at + _SETTLES
        return
    # All locks before the first change: whoever holds one of these cases may wait for the counter that it takes.
    statement = _open_after(select(Case.id), run.reached, tenant_id=actor.tenant_id, renews=run.renews).limit(BATCH)
    case_ids = list(await session.scalars(statement.with_for_update()))
    found = [await _tried(session, case_id, renews=run.renews, policy=policy, actor=actor) for case_id in case_ids]
    run.moved += sum(each.moved for each in found)
    run.renewed += sum(each.renewed for each in found)
    run.looked_at += len(case_ids)
    if case_ids:
        run.reached = case_ids[-1]
        work.due_at = at
    else:
        run.finished_at = at
        await session.flush()
        await record(
            session,
            type="DeadlinesRecomputed",
            subject_type="deadline_run",
            subject_id=run.id,
            action="tenant:apply",
            actor=actor,
            detail={
                "manifest": run.manifest_version,
                "cases": run.looked_at,
                "moved": run.moved,
                **({"renewed": run.renewed} if run.renews else {}),
            },
        )
    await session.flush()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one case: whether it got another template, and another deadline."""

    renewed: bool = False
    moved: bool = False


async def _tried(session: WriteSession, case_id: UUID, *, renews: bool, policy: CasePolicy, actor: Actor) -> _Outcome:
    """One case looked at; one that cannot be computed never holds up the others."""
    try:
        async with session.begin_nested():
            renewed = renews and await _renew(session, case_id, policy=policy, actor=actor)
            return _Outcome(renewed, await _recompute(session, case_id, policy=policy, actor=actor))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, its deadline stands as it was
        _log.warning("deadline_not_recomputed", case=str(case_id), error=repr(error))
        return _Outcome()


async def _renew(session: WriteSession, case_id: UUID, *, policy: CasePolicy, actor: Actor) -> bool:
    """Give a case the template of its track as it is now; whether that is another one.

    A case whose track is given up, or that stands where the new course has no place, goes on by its own.
    """
    case = await open_case(session, case_id, policy=policy, actor=actor)
    template = policy.templates.get(Track(case.row.track))
    if template is None or template == case.template:
        return False
    if case.facts.status not in rules.sources(Action.RENEW_TEMPLATE, template):
        return False
    await change_case(
        session,
        replace(case, template=template),
        Action.RENEW_TEMPLATE,
        attempt=attempt_of(actor, template=settings_of(template)),
        expected_version=None,
        policy=policy,
        actor=actor,
    )
    return True


async def _recompute(session: WriteSession, case_id: UUID, *, policy: CasePolicy, actor: Actor) -> bool:
    """Give one open case its deadline and its next step; whether the deadline is another one."""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    if case.facts.status not in UNRESOLVED:
        return False
    if _anew(case.row, case.log, await database_now(session), policy) == case.row.due_at:
        await reschedule(session, case.row, case.log, case.facts, policy=policy)
        return False
    await change_case(
        session,
        case,
        Action.MOVE_DEADLINE,
        attempt=attempt_of(actor),
        expected_version=None,
        policy=policy,
        actor=actor,
    )
    return True


def _anew(row: Any, log: Sequence[Any], at: datetime, policy: CasePolicy) -> datetime | None:
    """The deadline of an open case by this policy; one that has passed is kept."""
    due_at: datetime | None = row.due_at
    if due_at is not None and due_at <= at:
        return due_at
    return due_of(clock_of(row, log, policy), replay(log))


async def _pages(session: WriteSession, *, tenant_id: UUID) -> AsyncIterator[Sequence[Any]]:
    """The open cases in the order of their ids, up to ``MOST_PREVIEWED``."""
    columns = (Case.id, Case.number, Case.due_at, Case.custody_path, Case.clock_path)
    reached: UUID | None = None
    for _ in range(MOST_PREVIEWED // (10 * BATCH)):
        page = _open_after(select(*columns), reached, tenant_id=tenant_id).limit(10 * BATCH)
        rows = (await session.execute(page)).all()
        if not rows:
            return
        yield rows
        reached = rows[-1].id


def _looked_at(*, renews: bool) -> list[str]:
    return sorted(UNENDED if renews else UNRESOLVED)


async def _count(session: WriteSession, *, tenant_id: UUID, renews: bool) -> int:
    looked_at = Case.status == any_(texts_of(_looked_at(renews=renews)))
    counted = select(func.count()).where(Case.tenant_id == tenant_id, looked_at)
    return await session.scalar(counted) or 0


def _open_after(statement: Any, reached: UUID | None, *, tenant_id: UUID, renews: bool = False) -> Any:
    looked_at = Case.status == any_(texts_of(_looked_at(renews=renews)))
    found = statement.where(Case.tenant_id == tenant_id, looked_at).order_by(Case.id)
    return found if reached is None else found.where(Case.id > reached)
