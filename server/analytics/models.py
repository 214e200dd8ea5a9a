"""Rolled-up figures: per organization and day what happened in its own cells; parents are sums of children."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, reference


class MetricDay(Base):
    """One figure of one organization on one day (the city's time zone), without its subtree.

    ``metric`` is a code of ``server.analytics.metrics``. A subtree's figure is the sum over its path range.
    """

    __tablename__ = "metric_day"
    __table_args__ = (
        reference("organization_id", to="organization"),
        Index("ix_metric_day_tenant_id_metric_path_day", "tenant_id", "metric", "path", "day"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text(collation="C"))
    value: Mapped[int] = mapped_column(BigInteger)
    rolled_up_at: Mapped[datetime]
