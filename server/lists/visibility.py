"""Which lists a viewer may see: by the place of the grid, by a place in its team, and what one answers for."""

from __future__ import annotations

from sqlalchemy import ColumnElement, any_, func, select
from sqlalchemy.sql.elements import False_, True_
from sqlalchemy.sql.selectable import FromClause

from server.grids.models import GridAssignment
from server.lists.models import ListProblem, ListResponsibility
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer, either


def problems(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Problems at places the permission reaches, of grids in whose team one is, and those one was given a part of.

    An organization's part is seen by whoever may read lists there, as with a task of a case (T9).
    """
    return either(
        viewer.within(Permission.LIST_READ, path=row.c.path, grid_id=row.c.grid_id),
        _of_own_grids(row, viewer),
        _answered_for(row, viewer),
    )


def of_problem(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """What hangs on visible problems: measures, responsibilities, results, events."""
    problem = rows_of(ListProblem)
    seen = problems(problem, viewer)
    if isinstance(seen, True_):
        return seen
    return viewer.through(problem, seen, problem.c.id == row.c.problem_id)


def _of_own_grids(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Looked up first and once: asked of each row, it would keep the others' indexes from being used."""
    place = rows_of(GridAssignment)
    mine = viewer.is_me(member_id=place.c.member_id)
    if isinstance(mine, False_):
        return mine
    ids = select(place.c.grid_id).where(place.c.tenant_id == viewer.tenant, mine)
    return row.c.grid_id == any_(func.array(ids.scalar_subquery()))


def _answered_for(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    part = rows_of(ListResponsibility)
    mine = either(
        viewer.is_me(member_id=part.c.member_id),
        viewer.within(Permission.LIST_READ, path=part.c.owner_path),
    )
    if isinstance(mine, True_ | False_):
        return mine
    ids = select(part.c.problem_id).where(part.c.tenant_id == viewer.tenant, mine)
    return row.c.id == any_(func.array(ids.scalar_subquery()))
