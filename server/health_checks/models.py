"""Free health checks: the city's policy rows, encrypted records, and the log of who read them.

Findings are ciphertext (AES-256-GCM under the tenant's data key): the database never sees a value.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, one_of, reference, unique


class HealthCheckPolicyRow(TenantOwned, Base):
    """Who is entitled from a day on: one row per sex and age range, in completed years, both ends inclusive (DY-14)."""

    __tablename__ = "health_check_policy"
    __table_args__ = (
        unique("effective_from", "sex"),
        one_of("sex", ("MALE", "FEMALE")),
        one_of("interval_from", ("LAST_CHECK", "BIENNIUM")),
        CheckConstraint("min_age >= 0 and max_age >= min_age", name="ages"),
        CheckConstraint("interval_months > 0", name="interval_months"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    effective_from: Mapped[date]
    sex: Mapped[str]
    min_age: Mapped[int] = mapped_column(Integer)
    max_age: Mapped[int] = mapped_column(Integer)
    interval_months: Mapped[int] = mapped_column(Integer)
    interval_from: Mapped[str]


class HealthRecord(TenantOwned, Base):
    """A resident's electronic health record, made with the first check (DY-15); consent names purpose and day."""

    __tablename__ = "health_record"
    __table_args__ = (reference("resident_id", to="resident"), unique("resident_id"))

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    resident_id: Mapped[UUID]
    consent_purpose: Mapped[str]
    consented_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(default=now)


class HealthCheck(TenantOwned, Base):
    """One check. ``findings`` is ciphertext bound to tenant, table, column and row."""

    __tablename__ = "health_check"
    __table_args__ = (
        reference("record_id", to="health_record"),
        reference("resident_id", to="resident"),
        Index("ix_health_check_tenant_id_resident_id_checked_on", "tenant_id", "resident_id", "checked_on"),
        Index("ix_health_check_tenant_id_record_id", "tenant_id", "record_id"),
        Index("ix_health_check_tenant_id_checked_on", "tenant_id", "checked_on"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    record_id: Mapped[UUID]
    resident_id: Mapped[UUID]
    checked_on: Mapped[date]
    findings: Mapped[bytes] = mapped_column(LargeBinary)
    key_version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(default=now)


class AccessLog(TenantOwned, Base):
    """One reading of a resident's health record, which the resident can see."""

    __tablename__ = "access_log"
    __table_args__ = (
        reference("resident_id", to="resident"),
        Index("ix_access_log_tenant_id_resident_id_at", "tenant_id", "resident_id", "at"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    resident_id: Mapped[UUID]
    reader_id: Mapped[UUID | None]
    reader_name: Mapped[str]
    reader_roles: Mapped[str]
    purpose: Mapped[str]
    request_id: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
