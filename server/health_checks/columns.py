"""What of health rows leaves the database in another form, as SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.sql.selectable import FromClause

from tenants.viewer import Viewer


def sealed_findings(row: FromClause, _viewer: Viewer) -> ColumnElement[Any]:
    """Ciphertext, key version and row id, as ``service.findings.unseal_all`` takes them."""
    return func.json_build_array(func.encode(row.c.findings, "base64"), row.c.key_version, row.c.id)


def reader_roles(row: FromClause, _viewer: Viewer) -> ColumnElement[Any]:
    """The reader's role slugs, as a list."""
    return func.string_to_array(row.c.reader_roles, ",")
