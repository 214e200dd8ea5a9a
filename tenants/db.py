"""The shape every table has: naming of constraints, keys that start with the tenant, no relationships.

Composite keys throughout (citus.md rules 1-4): ``tenant_id`` leads every primary key, unique and foreign key.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    MetaData,
    TableClause,
    Text,
    UniqueConstraint,
    Uuid,
    column,
    table,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql.selectable import FromClause

from tenants.ids import uuid7

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of the platform."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(),
    }


class TenantOwned:
    """A table of tenant data: (tenant_id, id) is its key, row security is enabled on it by its migration."""

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)


def rows_of(model: type[Base], name: str | None = None) -> FromClause:
    """A table under a new name, for a statement that is written at run time; without a name it gets one by itself.

    It knows names and types of the columns only: an alias of the whole table copies foreign keys and defaults too, which
    takes most of the time of compiling a large read.
    """
    return _plain(model).alias(name)


@cache
def _plain(model: type[Base]) -> TableClause:
    return table(model.__tablename__, *(column(each.name, each.type) for each in model.__table__.c))


def reference(*columns: str, to: str, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key ``(tenant_id, column)`` to ``(tenant_id, id)`` of another tenant table."""
    return ForeignKeyConstraint(("tenant_id", *columns), (f"{to}.tenant_id", f"{to}.id"), ondelete=ondelete)


def unique(*columns: str, name: str | None = None) -> UniqueConstraint:
    """A uniqueness within the tenant."""
    return UniqueConstraint("tenant_id", *columns, name=name)


def one_of(column: str, values: type[Any] | tuple[str, ...]) -> CheckConstraint:
    """An enumeration as text and CHECK: comparing a PostgreSQL enum is not leakproof and would lose its index."""
    words = values if isinstance(values, tuple) else tuple(member.value for member in values)
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


SLUG = "^[a-z0-9][a-z0-9_-]{0,62}$"


def slug(column: str) -> CheckConstraint:
    """An identifier that may stand in a Casbin policy: a comma or bracket there would change its meaning."""
    return CheckConstraint(f"{column} ~ '{SLUG}'", name=f"{column}_slug")
