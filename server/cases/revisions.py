"""The table of runs that compute open deadlines anew after the limits, the ladder or a calendar changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, false, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, TenantOwned


class DeadlineRun(TenantOwned, Base):
    """One run, in batches: whatever stops it, it goes on after ``reached``, the last case it has looked at.

    manifest_version: the change it follows. open_cases: how many there were when it was asked for; looked_at: how many
    it has seen, of which moved got another deadline. renews: whether the cases take over the city's templates as they are
    now, and renewed how many did; then cases that wait for their feedback or their archive are looked at, too.
    """

    __tablename__ = "deadline_run"
    __table_args__ = (Index("ix_deadline_run_tenant_id_asked_at", "tenant_id", text("asked_at desc"), text("id desc")),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    manifest_version: Mapped[int] = mapped_column(Integer)
    reached: Mapped[UUID | None]
    open_cases: Mapped[int] = mapped_column(Integer)
    looked_at: Mapped[int] = mapped_column(Integer, default=0)
    moved: Mapped[int] = mapped_column(Integer, default=0)
    renews: Mapped[bool] = mapped_column(default=False, server_default=false())
    renewed: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
