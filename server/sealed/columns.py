"""What of sealed rows leaves the database in another form, as SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, case, func
from sqlalchemy.sql.selectable import FromClause

from tenants.viewer import Viewer


def ciphertext(column: str) -> Callable[[FromClause, Viewer], ColumnElement[Any]]:
    """Ciphertext and row id, as ``service.ciphers.open_all`` takes them; null for none."""

    def sealed(row: FromClause, _viewer: Viewer) -> ColumnElement[Any]:
        return case((row.c[column].is_not(None), func.json_build_array(func.encode(row.c[column], "base64"), row.c.id)))

    return sealed


def is_anonymous(row: FromClause, _viewer: Viewer) -> ColumnElement[bool]:
    """Whether nobody knows the reporter."""
    unknown: ColumnElement[bool] = row.c.reporter.is_(None)
    return unknown


def reader_roles(row: FromClause, _viewer: Viewer) -> ColumnElement[Any]:
    """The reader's role slugs, as a list."""
    return func.string_to_array(row.c.roles, ",")
