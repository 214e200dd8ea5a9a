"""Residents: the people a city serves. Least data: no household attributes, no habits, no scores (sources.md 5.3)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, one_of, reference


class Resident(TenantOwned, Base):
    """A resident with the grid they live in. Sex and birth date are kept for health-check eligibility only (DY-14)."""

    __tablename__ = "resident"
    __table_args__ = (
        reference("grid_id", to="grid"),
        one_of("sex", ("MALE", "FEMALE")),
        Index("ix_resident_tenant_id_grid_id", "tenant_id", "grid_id"),
        Index("ix_resident_tenant_id_path", "tenant_id", "path"),
        Index("ix_resident_tenant_id_name", "tenant_id", "name"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    grid_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    name: Mapped[str]
    phone: Mapped[str | None]
    sex: Mapped[str]
    birth_date: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(default=now)
