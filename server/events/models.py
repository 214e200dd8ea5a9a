"""The event log, the audit trail and the rows that say what must happen later."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, one_of, unique


class Event(TenantOwned, Base):
    """One change, ids only. ``seq`` is gap-free and in commit order within the tenant; clients see it sealed only."""

    __tablename__ = "event"
    __table_args__ = (
        unique("seq"),
        Index("ix_event_tenant_id_subject_type_seq", "tenant_id", "subject_type", "seq"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    at: Mapped[datetime]


class AuditEntry(TenantOwned, Base):
    """Who did what to which thing in which request. Never holds values of personal data.

    outcome: DONE, or REFUSED for what somebody tried who may not; its ``detail`` then says how often within a minute.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_tenant_id_object_type_object_id", "tenant_id", "object_type", "object_id"),
        Index("ix_audit_entry_tenant_id_at", "tenant_id", "at"),
        Index("ix_audit_entry_tenant_id_actor_name_at", "tenant_id", "actor_name", "at", "id"),
        one_of("outcome", ("DONE", "REFUSED")),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str | None]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[UUID]
    request_id: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    outcome: Mapped[str] = mapped_column(server_default="DONE")


class DueWork(TenantOwned, Base):
    """Something that must happen at a time, exactly once: claimed under a lease, counted, marked done by its own effect.

    ``step`` makes the row unique per subject: the escalation from level 3 and the one from level 4 are two rows.
    """

    __tablename__ = "due_work"
    __table_args__ = (
        unique("kind", "subject_id", "step"),
        Index("ix_due_work_tenant_id_due_at", "tenant_id", "due_at", postgresql_where=text("done_at is null")),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    step: Mapped[str]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
