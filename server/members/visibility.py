"""Which members, appointments and postings a viewer may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from server.members.models import Member
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer, either


def members(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Members whose home organization the viewer's permission reaches, and oneself."""
    return either(viewer.within(Permission.MEMBER_READ, path=row.c.path), viewer.is_me(member_id=row.c.id))


def of_member(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Rows about a member (appointments, postings): visible with the member."""
    member = rows_of(Member)
    return viewer.through(member, members(member, viewer), member.c.id == row.c.member_id)
