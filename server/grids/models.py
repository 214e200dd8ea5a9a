"""Grids and the people of each grid."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, reference, slug, unique


class Grid(TenantOwned, Base):
    """A cell of the city that somebody is responsible for. ``kind`` is a code of the manifest's grid policy.

    ``path`` repeats the path of its organization (organizations do not move), so that a subtree needs no join.
    """

    __tablename__ = "grid"
    __table_args__ = (
        reference("organization_id", to="organization"),
        reference("chief_id", to="member"),
        unique("code"),
        slug("code"),
        CheckConstraint("households >= 0", name="households"),
        Index("ix_grid_tenant_id_organization_id", "tenant_id", "organization_id"),
        Index("ix_grid_tenant_id_path", "tenant_id", "path"),
        Index("ix_grid_tenant_id_chief_id", "tenant_id", "chief_id"),
        Index("ix_grid_tenant_id_kind_households", "tenant_id", "kind", text("households desc"), text("id desc")),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    organization_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    households: Mapped[int] = mapped_column(Integer, default=0)
    chief_id: Mapped[UUID | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class GridAssignment(TenantOwned, Base):
    """A member's place in a grid's team; ``capacity`` is a code of the city's staffing formula (JM-15, HH-11)."""

    __tablename__ = "grid_assignment"
    __table_args__ = (
        reference("grid_id", to="grid"),
        reference("member_id", to="member"),
        unique("grid_id", "member_id", "capacity"),
        Index("ix_grid_assignment_tenant_id_member_id", "tenant_id", "member_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    grid_id: Mapped[UUID]
    member_id: Mapped[UUID]
    capacity: Mapped[str]
