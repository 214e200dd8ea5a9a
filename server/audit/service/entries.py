"""Audit entries as the chain sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func
from sqlalchemy.sql.selectable import FromClause

from server.audit.rules import Entry

_INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'  # as ``rules.instant``


def hashed(row: FromClause) -> list[ColumnElement[Any]]:
    """The columns of an entry that are hashed, as the texts and in the order of ``Entry``."""
    found: list[ColumnElement[Any]] = [cast(row.c[name], Text).label(name) for name in Entry._fields]
    found[1] = func.to_char(func.timezone("UTC", row.c.at), _INSTANT).label("at")
    return found


def entry_of(values: Sequence[Any]) -> Entry:
    """The entry of a row of ``hashed``."""
    return Entry._make(values)
