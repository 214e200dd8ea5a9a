"""The first two lists: a problem of a grid, and what is to be done about it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from server.cases.models import Case
from server.cases.service.policy import CasePolicy
from server.cases.service.texts import required_text
from server.cases.visibility import cases
from server.errors import NotFound, RuleViolation
from server.grids.service import find_grid
from server.lists.models import ListMeasure, ListProblem
from server.lists.rules import TEXT_LENGTH, Content, ItemKind, ListEventKind, check_measure_fits, check_open
from server.lists.service.access import locked_problem
from server.lists.service.adding import add, added_before, once
from server.lists.service.changes import Step, log_step, note_change, tally_of
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.viewer import Viewer


async def add_problem(
    session: WriteSession,
    *,
    grid_id: UUID,
    category: str,
    text: str,
    case_id: UUID | None = None,
    idempotency_key: str | None = None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Put a problem on the list of a grid; its id, or that of the one this account listed with the same key before.

    case_id: a case of the same grid that the actor sees. Errors: NotFound for the grid or the case, NotPermitted,
    CATEGORY_NOT_LISTED, LIST_CASE_ELSEWHERE, TEXT_*, Conflict IDEMPOTENCY_KEY_REUSED.
    """
    mark = once(idempotency_key, grid_id, category, text, case_id)
    if (known := await added_before(session, ListProblem, mark, actor=actor)) is not None:
        return known
    grid = await find_grid(session, grid_id, actor=actor)
    authorize(actor, Permission.LIST_WRITE, path=grid.path, grid_id=grid.id)
    content = Content(text=required_text(text, field="text", most=TEXT_LENGTH), category=policy.category(category).code)
    if case_id is not None:
        await _check_case(session, case_id, grid.id, actor=actor)
    at = now()
    values = {"grid_id": grid.id, "path": grid.path, "case_id": case_id, "changed_at": at}
    values |= {"text": content.text, "category": content.category, "measures": 0, "unowned": 0, "pending": 0}
    problem_id, new = await add(session, ListProblem, mark, at=at, actor=actor, **values)
    if new:
        problem = await locked_problem(session, problem_id, actor=actor)
        step = Step(ListEventKind.PROBLEM_LISTED, ItemKind.PROBLEM, problem_id, content)
        await log_step(session, problem, step, at=at, actor=actor)
    return problem_id


async def add_measure(
    session: WriteSession, *, problem_id: UUID, text: str, idempotency_key: str | None = None, actor: Actor
) -> UUID:
    """Plan a measure against a problem; its id, or that of the one this account added with the same key before.

    Errors: NotFound, NotPermitted, LIST_PROBLEM_CLOSED, LIST_FULL, TEXT_*, Conflict IDEMPOTENCY_KEY_REUSED.
    """
    mark = once(idempotency_key, problem_id, text)
    content = Content(text=required_text(text, field="text", most=TEXT_LENGTH))
    problem = await locked_problem(session, problem_id, actor=actor)
    # The problem is locked: a retry sees what its twin has written.
    if (known := await added_before(session, ListMeasure, mark, actor=actor)) is not None:
        return known
    authorize(actor, Permission.LIST_WRITE, path=problem.path, grid_id=problem.grid_id)
    check_open(closed=problem.closed_at is not None)
    check_measure_fits(await tally_of(session, problem))
    at = now()
    values = {"problem_id": problem.id, "grid_id": problem.grid_id, "path": problem.path}
    measure_id, new = await add(
        session, ListMeasure, mark, at=at, actor=actor, text=content.text, owned=False, **values
    )
    if new:
        step = Step(ListEventKind.MEASURE_PLANNED, ItemKind.MEASURE, measure_id, content)
        await note_change(session, problem, step, at=at, actor=actor)
    return measure_id


async def _check_case(session: WriteSession, case_id: UUID, grid_id: UUID, *, actor: Actor) -> None:
    """Raise NotFound for a case the actor does not see, LIST_CASE_ELSEWHERE for one of another grid."""
    viewer = Viewer(actor)
    row = Case.__table__
    seen = select(row.c.grid_id).where(row.c.tenant_id == viewer.tenant, row.c.id == case_id, cases(row, viewer))
    found = await session.scalar(seen, viewer.values())
    if found is None:
        raise NotFound("No such case.", field=("caseId",))
    if found != grid_id:
        raise RuleViolation("The case is in another grid.", code="LIST_CASE_ELSEWHERE", field=("caseId",))
