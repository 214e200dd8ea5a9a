"""The last two lists: who answers for a measure until when, and what came of it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from server.cases.service.policy import CasePolicy
from server.cases.service.texts import required_text
from server.lists.models import ListMeasure, ListProblem, ListResponsibility, ListResult
from server.lists.rules import (
    TEXT_LENGTH,
    Content,
    ItemKind,
    ListEventKind,
    check_due,
    check_open,
    check_pending,
    check_responsibility_fits,
)
from server.lists.service.access import locked_item
from server.lists.service.adding import add, added_before, once
from server.lists.service.changes import Step, note_change, tally_of
from server.lists.service.owners import owner_of
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def assign_responsibility(
    session: WriteSession,
    *,
    measure_id: UUID,
    member_id: UUID | None,
    organization_id: UUID | None,
    due_on: date,
    idempotency_key: str | None = None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Make a member or an organization answer for a measure by a day; its id, or that of its twin under the key.

    Errors: NotFound for the measure or the owner, NotPermitted, LIST_PROBLEM_CLOSED, LIST_FULL, LIST_DUE_PAST,
    LIST_OWNER_INVALID, Conflict IDEMPOTENCY_KEY_REUSED.
    """
    mark = once(idempotency_key, measure_id, member_id, organization_id, due_on)
    problem, measure = await locked_item(session, ListMeasure, measure_id, field="measureId", actor=actor)
    if (known := await added_before(session, ListResponsibility, mark, actor=actor)) is not None:
        return known
    authorize(actor, Permission.LIST_WRITE, path=problem.path, grid_id=problem.grid_id)
    check_open(closed=problem.closed_at is not None)
    at = now()
    today = at.astimezone(policy.calendar.time_zone).date()
    check_due(due_on, today)
    named = {"member_id": member_id, "organization_id": organization_id}
    owner = await owner_of(session, problem, **named, today=today, actor=actor)
    check_responsibility_fits(await tally_of(session, problem), owned=measure.owned)
    values = {"problem_id": problem.id, "grid_id": problem.grid_id, "path": problem.path, "owner_path": owner.path}
    values |= {"measure_id": measure.id, "due_on": due_on, "done": False, **named}
    item_id, new = await add(session, ListResponsibility, mark, at=at, actor=actor, **values)
    if new:
        measure.owned = True
        content = Content(due_on=due_on, member_id=member_id, organization_id=organization_id)
        step = Step(ListEventKind.RESPONSIBILITY_ASSIGNED, ItemKind.RESPONSIBILITY, item_id, content)
        await note_change(session, problem, step, at=at, actor=actor)
    return item_id


async def record_result(
    session: WriteSession, *, responsibility_id: UUID, text: str, idempotency_key: str | None = None, actor: Actor
) -> UUID:
    """Say what came of a responsibility; its id, or that of its twin under the key.

    Whoever writes lists at the grid, or at the organization that answers for it; who answers for it in person, without any
    role.
    Errors: NotFound, NotPermitted, LIST_PROBLEM_CLOSED, TEXT_*, Conflict LIST_RESULT_EXISTS or IDEMPOTENCY_KEY_REUSED.
    """
    mark = once(idempotency_key, responsibility_id, text)
    content = Content(text=required_text(text, field="text", most=TEXT_LENGTH))
    problem, part = await locked_item(
        session, ListResponsibility, responsibility_id, field="responsibilityId", actor=actor
    )
    if (known := await added_before(session, ListResult, mark, actor=actor)) is not None:
        return known
    _authorize_owner(actor, problem, part)
    check_open(closed=problem.closed_at is not None)
    check_pending(done=part.done)
    at = now()
    result_id, new = await add(
        session,
        ListResult,
        mark,
        at=at,
        actor=actor,
        problem_id=problem.id,
        responsibility_id=part.id,
        text=content.text,
    )
    if new:
        part.done = True
        step = Step(ListEventKind.RESULT_RECORDED, ItemKind.RESULT, result_id, content)
        await note_change(session, problem, step, at=at, actor=actor)
    return result_id


def _authorize_owner(actor: Actor, problem: ListProblem, part: ListResponsibility) -> None:
    if part.member_id is not None and part.member_id == actor.member_id:
        return
    if part.owner_path is None or not actor.reach(Permission.LIST_WRITE).covers(path=part.owner_path):
        authorize(actor, Permission.LIST_WRITE, path=problem.path, grid_id=problem.grid_id)
