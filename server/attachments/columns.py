"""What of a file's row leaves the database in another form, as SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case
from sqlalchemy import literal_column as literal
from sqlalchemy.sql.selectable import FromClause

from server.attachments.rules import State
from tenants.viewer import Viewer


def fetched_by(row: FromClause, _viewer: Viewer) -> ColumnElement[Any]:
    """The id a link to the file is made from; null while there is nothing to fetch."""
    return case((row.c.state == literal(f"'{State.READY}'"), row.c.id))


def previewed_by(row: FromClause, _viewer: Viewer) -> ColumnElement[Any]:
    """The same for its thumbnail."""
    return case((and_(row.c.state == literal(f"'{State.READY}'"), row.c.has_thumbnail), row.c.id))


def sending_member(row: FromClause, _viewer: Viewer) -> ColumnElement[Any]:
    """The member who sent it in office; null for residents, also for those who serve besides."""
    return case((row.c.uploader_resident_id.is_(None), row.c.uploader_member_id))


def files_of_case(file: FromClause, case_: FromClause) -> ColumnElement[bool]:
    """The files beside a case, without those in its messages."""
    return and_(file.c.case_id == case_.c.id, file.c.message_id.is_(None))
