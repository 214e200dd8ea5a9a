"""Which volunteers, activities, sign-ups and hours a viewer may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists
from sqlalchemy.sql.elements import False_, True_
from sqlalchemy.sql.selectable import FromClause

from server.volunteers.models import Activity, Volunteer
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer, either


def volunteers(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Volunteers of places where the viewer may read volunteers, and oneself."""
    return either(
        viewer.within(Permission.VOLUNTEER_READ, path=row.c.path),
        viewer.is_me(resident_id=row.c.resident_id, member_id=row.c.member_id),
    )


def activities(_row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Activities are public within the city, for whoever may sign up, read volunteers or announce activities."""
    return either(
        viewer.anywhere(Permission.ACTIVITY_SIGN_UP),
        viewer.anywhere(Permission.VOLUNTEER_READ),
        viewer.anywhere(Permission.ACTIVITY_CREATE),
    )


def sign_ups(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Places taken by visible volunteers, and all places of activities where the viewer may announce activities."""
    activity = rows_of(Activity)
    announced = viewer.within(Permission.ACTIVITY_CREATE, path=activity.c.path)
    if not isinstance(announced, False_ | True_):
        mine = and_(activity.c.tenant_id == viewer.tenant, activity.c.id == row.c.activity_id, announced)
        announced = exists().where(mine)
    return either(of_volunteer(row, viewer), announced)


def of_volunteer(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Rows about a volunteer (hours): visible with the volunteer."""
    volunteer = rows_of(Volunteer)
    seen = volunteers(volunteer, viewer)
    if isinstance(seen, False_ | True_):
        return seen
    return exists().where(
        and_(volunteer.c.tenant_id == viewer.tenant, volunteer.c.id == row.c.volunteer_id, seen),
    )
