"""Late cases by the batch: what ``escalation.escalate_due`` does to one, done to many in a handful of statements.

Each case is decided by the same rules, one after the other; reading and writing are set-based. Whatever is not plain (a
case somebody is changing, a log that does not replay, a rule that says no) is left to be tried alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import any_, select

from server.cases.models import Case
from server.cases.replay import CaseEventFacts, apply, replay
from server.cases.service.access import acting_role
from server.cases.service.changes import attempt_of, beside_state, next_event, template_for
from server.cases.service.escalation import taken_of
from server.cases.service.logs import TURN, logs_of
from server.cases.service.policy import CasePolicy
from server.cases.service.routing import paths_along
from server.cases.service.schedule import clock_of
from server.cases.service.swept import Decided, Moved, write
from server.cases.states import Action, Attempt
from server.jobs.work import Held
from server.organizations.models import Organization
from tenants.clock import database_now
from tenants.context import Actor
from tenants.sessions import WriteSession
from tenants.sets import ids_of, table_of, texts_of

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Late:
    """A locked case whose step of the ladder has come, with its log, oldest first; row: its columns.

    along: the organizations on the path of its custody, from the root down.
    """

    held: Held
    row: Any
    log: tuple[CaseEventFacts, ...]
    along: tuple[Any, ...]


async def escalate_many(
    session: WriteSession,
    *,
    held: Sequence[Held],
    policy: CasePolicy,
    actor: Actor,
) -> Collection[UUID]:
    """Take the step that each of the rows of due work stands for; the ids of those that are done with.

    They are locked, due and open. The others are as they were.
    """
    at = await database_now(session)
    late = await _late(session, held, actor=actor)
    attempt = replace(attempt_of(actor), now=at)
    decided: list[Decided] = []
    for place, each in enumerate(late):
        if (found := _tried(each, attempt, policy)) is not None:
            decided.append(found)
        if place % TURN == 0:
            await asyncio.sleep(0)
    if decided:
        role = acting_role(actor, Action.ESCALATE_OVERDUE, late[0].row, policy)
        await write(session, decided, at=at, role=role, actor=actor)
    return {each.held.id for each in decided}


async def _late(session: WriteSession, held: Sequence[Held], *, actor: Actor) -> list[Late]:
    """The cases of the rows, but for those that somebody has or that are gone, in the order of the rows."""
    tenant_id = actor.tenant_id
    case = table_of(Case).c
    found = await session.execute(
        select(case.id, case.due_at, case.custody_path, case.clock_path)
        .where(case.tenant_id == tenant_id, case.id == any_(ids_of([each.subject_id for each in held])))
        .with_for_update(skip_locked=True),
    )
    rows = {row.id: row for row in found}
    logs = await logs_of(session, list(rows), tenant_id=tenant_id)
    places = await _places(session, {row.custody_path for row in rows.values()}, tenant_id=tenant_id)
    return [
        Late(each, row, logs.get(row.id, ()), places[row.custody_path])
        for each in held
        if (row := rows.get(each.subject_id)) is not None
    ]


async def _places(
    session: WriteSession,
    paths: Collection[str],
    *,
    tenant_id: UUID,
) -> Mapping[str, tuple[Any, ...]]:
    """The organizations along each of the paths: id, level and path."""
    along = {path: paths_along(path) for path in paths}
    wanted = sorted({each for above in along.values() for each in above})
    place = table_of(Organization).c
    rows = await session.execute(
        select(place.id, place.level, place.path).where(
            place.tenant_id == tenant_id,
            place.path == any_(texts_of(wanted)),
        ),
    )
    found = {row.path: row for row in rows}
    return {path: tuple(found[each] for each in above if each in found) for path, above in along.items()}


def _tried(late: Late, attempt: Attempt, policy: CasePolicy) -> Decided | None:
    try:
        return _decided(late, attempt, policy)
    except Exception as error:  # noqa: BLE001 - tried alone, it fails alone, and is put off or buried
        _log.warning("left_out_of_batch", work=str(late.held.id), case=str(late.held.subject_id), error=repr(error))
        return None


def _decided(late: Late, attempt: Attempt, policy: CasePolicy) -> Decided:
    facts, due_at = replay(late.log), late.row.due_at
    template = template_for(late.log, policy)
    taken = taken_of(
        late.held.step,
        clock_of(late.row, late.log, policy),
        facts,
        template,
        due_at=due_at,
        along=late.along,
        attempt=attempt,
    )
    if taken.action is None or taken.attempt is None:
        return Decided(late.held, taken.outcome)
    above = taken.above
    event = next_event(
        facts,
        template,
        taken.action,
        attempt=taken.attempt,
        level=above.level if above else facts.level,
        organization_id=above.id if above else None,
    )
    after = apply(facts, event)
    columns = {"custody_path": late.row.custody_path, **beside_state(after, template, above)}
    columns["clock_path"] = late.row.clock_path or columns["custody_path"]
    return Decided(
        late.held, taken.outcome, Moved(late.row, taken.action, event, facts, after, columns, taken.following)
    )
