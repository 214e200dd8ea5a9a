"""Recording a change: the problem's tally and version, then its history and the city's log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, not_, select

from server.events.record import Change, record_change
from server.lists.models import ListEvent, ListMeasure, ListProblem, ListResponsibility
from server.lists.rules import Content, ItemKind, ListEventKind, Tally, event_type
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession

SUBJECT = "list_problem"
"""The subject type of every event of this area."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to which item, and what it says now."""

    kind: ListEventKind
    item_kind: ItemKind
    item_id: UUID
    content: Content


async def tally_of(session: WriteSession, problem: ListProblem) -> Tally:
    """Count what hangs on a problem; the caller holds its lock."""
    await session.flush()
    measure, part = ListMeasure, ListResponsibility
    measures, unowned = (
        await session.execute(
            select(func.count(), func.count().filter(not_(measure.owned))).where(
                measure.tenant_id == problem.tenant_id, measure.problem_id == problem.id
            ),
        )
    ).one()
    responsibilities, pending, next_due_on = (
        await session.execute(
            select(
                func.count(),
                func.count().filter(not_(part.done)),
                func.min(part.due_on).filter(not_(part.done)),
            ).where(part.tenant_id == problem.tenant_id, part.problem_id == problem.id),
        )
    ).one()
    return Tally(measures, unowned, responsibilities, pending, next_due_on)


async def note_change(session: WriteSession, problem: ListProblem, step: Step, *, at: datetime, actor: Actor) -> None:
    """Write what a change below a problem, or of itself, leads to; the last thing a use case does."""
    tally = await tally_of(session, problem)
    problem.measures, problem.unowned, problem.pending = tally.measures, tally.unowned, tally.pending
    problem.next_due_on = tally.next_due_on
    problem.version, problem.changed_at = problem.version + 1, at
    await log_step(session, problem, step, at=at, actor=actor)


async def log_step(session: WriteSession, problem: ListProblem, step: Step, *, at: datetime, actor: Actor) -> None:
    """Write the step into the problem's history, under its present version, and into the city's log."""
    change = Change(
        event_type(step.kind),
        SUBJECT,
        problem.id,
        Permission.LIST_WRITE,
        {"gridId": str(problem.grid_id), "item": step.item_kind.value, "itemId": str(step.item_id)},
        at,
        actor.request_id,
    )
    await record_change(
        session, change, actor=actor, bearing=lambda seq: [_row(problem, step, seq, at=at, actor=actor)]
    )


def _row(problem: ListProblem, step: Step, seq: int, *, at: datetime, actor: Actor) -> ListEvent:
    return ListEvent(
        tenant_id=problem.tenant_id,
        id=uuid7(),
        problem_id=problem.id,
        seq=seq,
        version=problem.version,
        kind=step.kind,
        item_kind=step.item_kind,
        item_id=step.item_id,
        text=step.content.text,
        category=step.content.category,
        due_on=step.content.due_on,
        member_id=step.content.member_id,
        organization_id=step.content.organization_id,
        actor_member_id=actor.member_id,
        at=at,
    )
