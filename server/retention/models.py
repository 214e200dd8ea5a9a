"""What keeps the personal parts of a case from being erased."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, TenantOwned, reference


class CaseHold(TenantOwned, Base):
    """A legal hold on one case, from ``held_at`` until ``released_at``; one at a time."""

    __tablename__ = "case_hold"
    __table_args__ = (
        reference("case_id", to="case"),
        reference("held_by_id", to="member"),
        reference("released_by_id", to="member"),
        Index("ix_case_hold_tenant_id_case_id", "tenant_id", "case_id", "id"),
        Index(
            "uq_case_hold_tenant_id_case_id_open",
            "tenant_id",
            "case_id",
            unique=True,
            postgresql_where=text("released_at is null"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID]
    reason: Mapped[str]
    held_by_id: Mapped[UUID | None]
    held_at: Mapped[datetime]
    release_reason: Mapped[str | None]
    released_by_id: Mapped[UUID | None]
    released_at: Mapped[datetime | None]
