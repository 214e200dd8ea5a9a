"""Cases, their history and the city's categories."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from server.cases.origins import Origin, ServiceMode, Source
from server.cases.outcomes import VisitEffect
from server.cases.states import (
    STEP_ORDER,
    CaseStatus,
    Containment,
    EventKind,
    Handling,
    Rating,
    Severity,
    Supervision,
    Track,
)
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
    ``clock_path`` is that of the organization whose calendar the deadline is counted by; null in cases older than that.
    """

    __tablename__ = "case"
    __table_args__ = (
        reference("grid_id", to="grid"),
        reference("organization_id", to="organization"),
        reference("reporter_id", to="resident"),
        reference("claimant_id", to="member"),
        reference("handler_id", to="member"),
        reference("merged_into_id", to="case"),
        unique("number"),
        one_of("track", Track),
        one_of("status", CaseStatus),
        one_of("severity", Severity),
        one_of("containment", Containment),
        one_of("rating", Rating),
        one_of("supervision", Supervision),
        one_of("handling", Handling),
        one_of("visit_effect", VisitEffect),
        CheckConstraint("score between 1 and 5", name="score"),
        one_of("source", Source),
        one_of("origin", Origin),
        one_of("service_mode", ServiceMode),
        reference("queue_id", to="organization"),
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
        Index("ix_case_tenant_id_bundle_id", "tenant_id", "bundle_id", postgresql_where=text("bundle_id is not null")),
        # What departments have in their queues: by the department itself, and for whoever may see what is below it.
        Index(
            "ix_case_tenant_id_queue_id",
            "tenant_id",
            "queue_id",
            text("reported_at desc"),
            text("id desc"),
            postgresql_where=text("queue_id is not null"),
        ),
        Index(
            "ix_case_tenant_id_queue_path",
            "tenant_id",
            "queue_path",
            text("reported_at desc"),
            text("id desc"),
            postgresql_where=text("queue_path is not null"),
        ),
        Index(
            "ix_case_tenant_id_merged_into_id",
            "tenant_id",
            "merged_into_id",
            text("reported_at desc"),
            text("id desc"),
            postgresql_where=text("merged_into_id is not null"),
        ),
        Index(
            "ix_case_tenant_id_explanation_due_at",
            "tenant_id",
            "explanation_due_at",
            postgresql_where=text("explanation_due_at is not null"),
        ),
        # What has ended and still has its personal parts, by when it ended.
        Index(
            "ix_case_tenant_id_unretained",
            "tenant_id",
            text("coalesce(archived_at, changed_at)"),
            postgresql_where=text("retained_at is null and status in ('ARCHIVED', 'REJECTED', 'WITHDRAWN', 'MERGED')"),
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
    clock_path: Mapped[str | None]
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
    score: Mapped[int | None] = mapped_column(Integer)
    score_remark: Mapped[str | None]
    visited_at: Mapped[datetime | None]
    visit_effect: Mapped[str | None]
    visit_text: Mapped[str | None]
    bundle_id: Mapped[UUID | None]
    reopen_count: Mapped[int] = mapped_column(Integer, default=0)
    strike_off_number: Mapped[str | None]
    turn_to: Mapped[str | None]
    appealed_at: Mapped[datetime | None]
    merged_into_id: Mapped[UUID | None]
    supervision: Mapped[str] = mapped_column(default=Supervision.NONE, server_default="NONE")
    urged_at: Mapped[datetime | None]
    handling: Mapped[str | None]
    explained_at: Mapped[datetime | None]
    explanation_due_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, default=1)
    idempotency_key: Mapped[str | None]
    idempotency_digest: Mapped[str | None]
    answers: Mapped[dict[str, Any] | None]
    source: Mapped[str] = mapped_column(default=Source.APP, server_default="APP")
    channel: Mapped[str | None]
    origin: Mapped[str] = mapped_column(default=Origin.RESIDENT_REPORTED, server_default="RESIDENT_REPORTED")
    anonymous: Mapped[bool] = mapped_column(default=False, server_default=false())
    on_behalf: Mapped[bool] = mapped_column(default=False, server_default=false())
    service_mode: Mapped[str | None]
    consented: Mapped[bool | None]
    service_started_at: Mapped[datetime | None]
    service_finished_at: Mapped[datetime | None]
    one_trip: Mapped[bool | None]
    queue_id: Mapped[UUID | None]
    queue_path: Mapped[str | None] = mapped_column(Text(collation="C"))
    publication_waived_at: Mapped[datetime | None]
    retained_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class CaseEvent(TenantOwned, Base):
    """One step of a case's history with everything replay needs.

    ``seq`` is the number in the city's event log, which no client sees; ``version`` the number in the case's history.
    ``step``: the mandatory step it stamps. ``checked_at``, ``findings``: of a look on the spot that it reports.
    """

    __tablename__ = "case_event"
    __table_args__ = (
        reference("case_id", to="case"),
        reference("actor_member_id", to="member"),
        one_of("kind", EventKind),
        one_of("to_status", CaseStatus),
        one_of("step", STEP_ORDER),
        one_of("handling", Handling),
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
    step: Mapped[str | None]
    handling: Mapped[str | None]
    parties_consented: Mapped[int | None] = mapped_column(Integer)
    checked_at: Mapped[datetime | None]
    findings: Mapped[str | None]
    change: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
