"""What the worker decided about many late cases, written at once: what ``changes.change_case`` writes for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from server.cases.models import Case, CaseEvent
from server.cases.replay import CaseEventFacts
from server.cases.service.changes import STATE_COLUMNS
from server.cases.service.records import change_by, event_values
from server.cases.service.schedule import ESCALATE, Step
from server.cases.states import Action, CaseFacts
from server.events.models import DueWork
from server.events.record import record_all
from server.jobs import work
from server.jobs.work import Held
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.sessions import WriteSession
from tenants.sets import Columns, insert_rows, update_rows


@dataclass(frozen=True, slots=True)
class Moved:
    """What happens to a case. before, after: its state. columns: what is stored beside it; of all cases the same ones."""

    row: Any
    action: Action
    event: CaseEventFacts
    before: CaseFacts
    after: CaseFacts
    columns: Mapping[str, Any]
    following: Step | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What becomes of a row of due work; moved: None where nothing happens to its case."""

    held: Held
    outcome: str
    moved: Moved | None = None


async def write(session: WriteSession, decided: Sequence[Decided], *, at: datetime, role: str, actor: Actor) -> None:
    """Mark the rows of due work, change the cases, plan their next steps, and record it all last.

    role: in which the history names the actor.
    """
    await work.settle(session, actor.tenant_id, {each.held.id: each.outcome for each in decided}, at=at)
    changes = {each.held.id: each.moved for each in decided if each.moved is not None}
    moved = list(changes.values())
    if not moved:
        return
    await _change(session, moved, tenant_id=actor.tenant_id)
    await _plan(session, moved, at=at, tenant_id=actor.tenant_id)
    history = [
        event_values(each.row, each.event, before=each.before, role=role, note=None, actor=actor) for each in moved
    ]
    told = [
        change_by(each.action, each.row, each.event, each.before, actor, request_id=work.request_of(work_id))
        for work_id, each in changes.items()
    ]
    numbers = await record_all(session, told, actor=actor)
    await insert_rows(session, CaseEvent, actor.tenant_id, {"seq": numbers, **_by_column(history)})


async def _change(session: WriteSession, moved: Sequence[Moved], *, tenant_id: UUID) -> None:
    """Store the new states: the columns that change in any case; in the others the state is there already."""
    states: dict[str, list[Any]] = {}
    for name in STATE_COLUMNS:
        after = [getattr(each.after, name) for each in moved]
        if after != [getattr(each.before, name) for each in moved]:
            states[name] = after
    beside = _by_column([{**each.columns, "changed_at": each.event.at} for each in moved])
    await update_rows(session, Case, tenant_id, [each.row.id for each in moved], {**states, **beside})


async def _plan(session: WriteSession, moved: Sequence[Moved], *, at: datetime, tenant_id: UUID) -> None:
    """The next step of the ladder of each case that has one; it is new, since the one before has been taken now."""
    steps = [(each.row.id, each.following) for each in moved if each.following is not None]
    if not steps:
        return
    columns: Columns = {
        "id": [uuid7() for _ in steps],
        "kind": [ESCALATE] * len(steps),
        "subject_id": [case_id for case_id, _ in steps],
        "step": [step.name for _, step in steps],
        "due_at": [step.due_at for _, step in steps],
        "attempts": [0] * len(steps),
        "created_at": [at] * len(steps),
    }
    await insert_rows(session, DueWork, tenant_id, columns)


def _by_column(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}
