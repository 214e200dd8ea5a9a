"""The parts of a case: the shares of the departments that handle it together, and what is alleged in it, one by one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from server.cases.outcomes import TaskStatus
from tenants.db import Base, TenantOwned, one_of, reference, unique


class CaseTask(TenantOwned, Base):
    """One department's share of a joint case (T9).

    ``path`` is the organization's. ``shares``: whether its members see the case by it, from the assignment until the
    task is canceled or the case is over.
    """

    __tablename__ = "case_task"
    __table_args__ = (
        reference("case_id", to="case"),
        reference("organization_id", to="organization"),
        reference("assigned_by_id", to="member"),
        reference("closed_by_id", to="member"),
        one_of("status", TaskStatus),
        Index("ix_case_task_tenant_id_case_id", "tenant_id", "case_id", text("assigned_at desc"), text("id desc")),
        Index(
            "ix_case_task_tenant_id_organization_id",
            "tenant_id",
            "organization_id",
            text("assigned_at desc"),
            text("id desc"),
        ),
        Index(
            "ix_case_task_tenant_id_shared_path",
            "tenant_id",
            "path",
            postgresql_where=text("shares"),
            postgresql_include=["case_id"],
        ),
        # A department has one share at a time, however many assign at once.
        Index(
            "uq_case_task_tenant_id_open",
            "tenant_id",
            "case_id",
            "organization_id",
            unique=True,
            postgresql_where=text("status = 'OPEN'"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID]
    organization_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    asked: Mapped[str]
    status: Mapped[str]
    shares: Mapped[bool]
    result: Mapped[str | None]
    assigned_by_id: Mapped[UUID | None]
    assigned_at: Mapped[datetime]
    closed_by_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]


class CaseAllegation(TenantOwned, Base):
    """One of the allegations or questions of a report, answered by itself (逐一, FD-04).

    ``number`` counts from 1 within the case. A reopening takes ``answered_at`` and ``answered_by_id`` back and lets the
    old answer stand until it is given anew.
    """

    __tablename__ = "case_allegation"
    __table_args__ = (
        reference("case_id", to="case"),
        reference("answered_by_id", to="member"),
        unique("case_id", "number"),
        CheckConstraint("number >= 1", name="number"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(Integer)
    text: Mapped[str]
    answer: Mapped[str | None]
    answered_by_id: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
