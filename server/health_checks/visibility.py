"""Who may see health data: the resident, and health workers of the place. Nobody else, whatever the role (P-01)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, true
from sqlalchemy.sql.elements import False_, True_
from sqlalchemy.sql.selectable import FromClause

from server.residents.models import Resident
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer, either


def of_resident(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Records and checks of oneself, and of residents of places where the viewer may read health records."""
    resident = rows_of(Resident)
    there = viewer.within(Permission.HEALTH_RECORD_READ, path=resident.c.path, grid_id=resident.c.grid_id)
    if not isinstance(there, False_ | True_):
        here = and_(resident.c.tenant_id == viewer.tenant, resident.c.id == row.c.resident_id, there)
        there = exists().where(here)
    return either(there, viewer.mine(Permission.HEALTH_RECORD_READ, resident_id=row.c.resident_id))


def access_log(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Who read one's own record; other people's log is nobody's business."""
    return viewer.mine(Permission.HEALTH_RECORD_READ, resident_id=row.c.resident_id)


def policies(_row: FromClause, _viewer: Viewer) -> ColumnElement[bool]:
    """The city's policy is public: everybody may know who is entitled."""
    return true()
