"""Who may touch a problem and what hangs on it: whoever sees it, and writes lists at its grid.

A problem is locked for every change below it, so that its tally, its history and its limit are true.
"""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from server.errors import NotFound
from server.lists.models import ListMeasure, ListProblem, ListResponsibility, ListResult
from server.lists.visibility import problems
from tenants.context import Actor
from tenants.sessions import WriteSession
from tenants.viewer import Viewer

Item = ListProblem | ListMeasure | ListResponsibility | ListResult
Hanging = TypeVar("Hanging", ListMeasure, ListResponsibility, ListResult)


async def locked_problem(
    session: WriteSession, problem_id: UUID, *, field: str = "problemId", actor: Actor
) -> ListProblem:
    """A problem locked for a change, if it exists for the actor: by the very condition of reads. Raises NotFound."""
    viewer = Viewer(actor)
    row = ListProblem.__table__
    seen = row.c.tenant_id == viewer.tenant, row.c.id == problem_id, problems(row, viewer)
    found = await session.scalar(select(ListProblem).where(*seen).with_for_update(of=row), viewer.values())
    if found is None:
        raise _missing(field)
    return found


async def locked_item(
    session: WriteSession, model: type[Hanging], item_id: UUID, *, field: str, actor: Actor
) -> tuple[ListProblem, Hanging]:
    """What hangs on a problem, with that problem, locked likewise. Raises NotFound."""
    here = model.tenant_id == actor.tenant_id, model.id == item_id
    problem_id = await session.scalar(select(model.problem_id).where(*here))
    if problem_id is None:
        raise _missing(field)
    problem = await locked_problem(session, problem_id, field=field, actor=actor)
    return problem, (await session.scalars(select(model).where(*here))).one()


def _missing(field: str) -> NotFound:
    return NotFound("No such item of the four lists.", field=(field,))
