"""Cases, their history and the city's categories."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from server.cases.states import CaseStatus, Containment, EventKind, Rating, Severity, Track
from tenants.db import Base, TenantOwned, one_of, reference, unique


class CaseCategory(TenantOwned, Base):
    """A category of the city's manifest; ``name`` holds the label per language."""

    __tablename__ = "case_category"
    __table_args__ = (unique("code"), one_of("default_severity", Severity))

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    code: Mapped[str]
    parent_code: Mapped[str | None]
    name: Mapped[dict[str, Any]]
    default_severity: Mapped[str]
    containment: Mapped[str | None]
    retired: Mapped[bool] = mapped_column(default=False)


class Case(TenantOwned, Base):
    """One matter from report to archive.

    place: ``grid_id`` and ``path`` (of the grid's organization) never change. custody: ``organization_id`` and
    ``level`` climb with each escalation. ``version`` counts changes; ``due_at`` is null when no deadline applies.
    """

    __tablename__ = "case"
    __table_args__ = (
        reference("grid_id", to="grid"),
        reference("organization_id", to="organization"),
        reference("reporter_id", to="resident"),
        reference("claimant_id", to="member"),
        reference("handler_id", to="member"),
        unique("number"),
        one_of("track", Track),
        one_of("status", CaseStatus),
        one_of("severity", Severity),
        one_of("containment", Containment),
        one_of("rating", Rating),
        CheckConstraint("version >= 1", name="version"),
        Index("ix_case_tenant_id_reported_at", "tenant_id", text("reported_at desc"), text("id desc")),
        Index("ix_case_tenant_id_status_reported_at", "tenant_id", "status", text("reported_at desc"), text("id desc")),
        Index("ix_case_tenant_id_path_reported_at", "tenant_id", "path", text("reported_at desc")),
        Index(
            "ix_case_tenant_id_grid_id_reported_at", "tenant_id", "grid_id", text("reported_at desc"), text("id desc")
        ),
        Index(
            "ix_case_tenant_id_category_reported_at", "tenant_id", "category", text("reported_at desc"), text("id desc")
        ),
        # Few rows of many: what is open, late, or was rated so.
        Index(
            "ix_case_tenant_id_open_reported_at",
            "tenant_id",
            text("reported_at desc"),
            text("id desc"),
            postgresql_where=text("resolved_at is null"),
        ),
        Index(
            "ix_case_tenant_id_open_path",
            "tenant_id",
            "path",
            text("reported_at desc"),
            text("id desc"),
            postgresql_where=text("resolved_at is null"),
            postgresql_include=["status"],
        ),
        Index(
            "ix_case_tenant_id_overdue_reported_at",
            "tenant_id",
            text("reported_at desc"),
            text("id desc"),
            postgresql_where=text("overdue_at is not null"),
        ),
        Index(
            "ix_case_tenant_id_rating_reported_at",
            "tenant_id",
            "rating",
            text("reported_at desc"),
            text("id desc"),
            postgresql_where=text("rating is not null"),
        ),
        Index(
            "ix_case_tenant_id_resolved_at",
            "tenant_id",
            "resolved_at",
            postgresql_where=text("resolved_at is not null"),
        ),
        Index("ix_case_tenant_id_organization_id", "tenant_id", "organization_id"),
        Index("ix_case_tenant_id_reporter_id", "tenant_id", "reporter_id", text("reported_at desc")),
        Index("ix_case_tenant_id_claimant_id", "tenant_id", "claimant_id"),
        Index("ix_case_tenant_id_handler_id", "tenant_id", "handler_id"),
        Index("ix_case_tenant_id_due_at_id", "tenant_id", "due_at", "id"),
        Index("ix_case_tenant_id_changed_at", "tenant_id", text("changed_at desc"), text("id desc")),
        Index(
            "uq_case_tenant_id_reporter_idempotency_key",
            "tenant_id",
            "reporter_account_id",
            "idempotency_key",
            unique=True,
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    number: Mapped[str]
    track: Mapped[str]
    category: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    status: Mapped[str]
    severity: Mapped[str]
    containment: Mapped[str | None]
    grid_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    organization_id: Mapped[UUID]
    custody_path: Mapped[str] = mapped_column(Text(collation="C"))
    level: Mapped[str]
    reporter_id: Mapped[UUID | None]
    reporter_account_id: Mapped[UUID | None]
    claimant_id: Mapped[UUID | None]
    handler_id: Mapped[UUID | None]
    reported_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    feedback_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    result: Mapped[str | None]
    rating: Mapped[str | None]
    rating_comment: Mapped[str | None]
    reopen_count: Mapped[int] = mapped_column(Integer, default=0)
    strike_off_number: Mapped[str | None]
    version: Mapped[int] = mapped_column(Integer, default=1)
    idempotency_key: Mapped[str | None]
    idempotency_digest: Mapped[str | None]
    changed_at: Mapped[datetime]


class CaseEvent(TenantOwned, Base):
    """One step of a case's history with everything replay needs.

    ``seq`` is the number in the city's event log, which no client sees; ``version`` the number in the case's history.
    """

    __tablename__ = "case_event"
    __table_args__ = (
        reference("case_id", to="case"),
        reference("actor_member_id", to="member"),
        one_of("kind", EventKind),
        one_of("to_status", CaseStatus),
        unique("case_id", "version"),
        unique("seq"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    level: Mapped[str]
    actor_member_id: Mapped[UUID | None]
    actor_role: Mapped[str]
    note: Mapped[str | None]
    change: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
