"""The organization tree of a city."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, reference, slug, unique


class Organization(TenantOwned, Base):
    """A node of the tree. ``level`` and ``kind`` are codes of the city's manifest; ``rank`` is 0 (household) to 7 (city).

    ``path`` is the chain of codes from the root, each followed by "/", in byte order: a subtree is one text range.
    """

    __tablename__ = "organization"
    __table_args__ = (
        reference("parent_id", to="organization"),
        unique("path"),
        slug("code"),
        Index("ix_organization_tenant_id_parent_id", "tenant_id", "parent_id"),
        Index("ix_organization_tenant_id_level", "tenant_id", "level"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    parent_id: Mapped[UUID | None]
    code: Mapped[str]
    name: Mapped[str]
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    level: Mapped[str]
    kind: Mapped[str]
    rank: Mapped[int] = mapped_column(Integer)
    path: Mapped[str] = mapped_column(Text(collation="C"))
    created_at: Mapped[datetime] = mapped_column(default=now)
