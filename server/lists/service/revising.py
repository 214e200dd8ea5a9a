"""Putting an item right, and closing a problem. What was said before stays in the problem's history."""

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
    check_closing,
    check_due,
    check_open,
    check_pending,
    check_revision,
    check_version,
)
from server.lists.service.access import Item, locked_item, locked_problem
from server.lists.service.changes import Step, note_change, tally_of
from server.lists.service.owners import owner_of
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def revise_list_item(
    session: WriteSession,
    *,
    kind: ItemKind,
    item_id: UUID,
    expected_version: int,
    content: Content,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Change what an item says; what ``content`` leaves out stays. The problem's id is returned.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, LIST_PROBLEM_CLOSED, LIST_REVISION_INVALID, CATEGORY_NOT_LISTED,
    TEXT_*, LIST_DUE_PAST, LIST_OWNER_INVALID, Conflict LIST_RESULT_EXISTS for a responsibility that has its result.
    """
    problem, item = await _item(session, kind, item_id, actor=actor)
    authorize(actor, Permission.LIST_WRITE, path=problem.path, grid_id=problem.grid_id)
    check_version(item.version, expected_version)
    check_open(closed=problem.closed_at is not None)
    check_revision(kind, content)
    at = now()
    if isinstance(item, ListResponsibility):
        today = at.astimezone(policy.calendar.time_zone).date()
        left = await _reassign(session, problem, item, content, today=today, actor=actor)
    else:
        left = _reword(item, content, policy)
    if item is not problem:  # whose version counts whatever happens below it
        item.version += 1
    await note_change(session, problem, Step(ListEventKind.LIST_ITEM_REVISED, kind, item_id, left), at=at, actor=actor)
    return problem.id


async def close_problem(session: WriteSession, *, problem_id: UUID, expected_version: int, actor: Actor) -> UUID:
    """Take a problem off the open list, when each of its measures has its results.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, LIST_PROBLEM_CLOSED, LIST_NOT_COMPLETE.
    """
    problem = await locked_problem(session, problem_id, actor=actor)
    authorize(actor, Permission.LIST_WRITE, path=problem.path, grid_id=problem.grid_id)
    check_version(problem.version, expected_version)
    check_open(closed=problem.closed_at is not None)
    check_closing(await tally_of(session, problem))
    at = now()
    problem.closed_at, problem.closed_by_id = at, actor.member_id
    content = Content(text=problem.text, category=problem.category)
    step = Step(ListEventKind.PROBLEM_CLOSED, ItemKind.PROBLEM, problem.id, content)
    await note_change(session, problem, step, at=at, actor=actor)
    return problem.id


async def _item(session: WriteSession, kind: ItemKind, item_id: UUID, *, actor: Actor) -> tuple[ListProblem, Item]:
    if kind is ItemKind.PROBLEM:
        problem = await locked_problem(session, item_id, field="itemId", actor=actor)
        return problem, problem
    if kind is ItemKind.MEASURE:
        return await locked_item(session, ListMeasure, item_id, field="itemId", actor=actor)
    if kind is ItemKind.RESPONSIBILITY:
        return await locked_item(session, ListResponsibility, item_id, field="itemId", actor=actor)
    return await locked_item(session, ListResult, item_id, field="itemId", actor=actor)


def _reword(item: ListProblem | ListMeasure | ListResult, content: Content, policy: CasePolicy) -> Content:
    """Set text and category; what the item says then is returned."""
    if content.text is not None:
        item.text = required_text(content.text, field="text", most=TEXT_LENGTH)
    if not isinstance(item, ListProblem):
        return Content(text=item.text)
    if content.category is not None:
        item.category = policy.category(content.category).code
    return Content(text=item.text, category=item.category)


async def _reassign(
    session: WriteSession,
    problem: ListProblem,
    item: ListResponsibility,
    content: Content,
    *,
    today: date,
    actor: Actor,
) -> Content:
    """Set the day and who answers; what the item says then is returned."""
    check_pending(done=item.done)
    if content.due_on is not None:
        check_due(content.due_on, today)
        item.due_on = content.due_on
    if content.member_id is not None or content.organization_id is not None:
        named = {"member_id": content.member_id, "organization_id": content.organization_id}
        owner = await owner_of(session, problem, **named, today=today, actor=actor)
        item.member_id, item.organization_id, item.owner_path = owner.member_id, owner.organization_id, owner.path
    return Content(due_on=item.due_on, member_id=item.member_id, organization_id=item.organization_id)
