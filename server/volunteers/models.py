"""Volunteers, activities with sign-up, and the ledger of hours."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, one_of, reference, unique


class Volunteer(TenantOwned, Base):
    """A registered volunteer: a resident or a member. ``stars`` follows from verified minutes and the city's policy."""

    __tablename__ = "volunteer"
    __table_args__ = (
        reference("organization_id", to="organization"),
        reference("resident_id", to="resident"),
        reference("member_id", to="member"),
        unique("resident_id"),
        unique("member_id"),
        CheckConstraint("(resident_id is null) <> (member_id is null)", name="one_person"),
        CheckConstraint("verified_minutes >= 0 and stars >= 0", name="figures"),
        Index("ix_volunteer_tenant_id_organization_id", "tenant_id", "organization_id"),
        Index("ix_volunteer_tenant_id_path", "tenant_id", "path"),
        Index("ix_volunteer_tenant_id_name", "tenant_id", "name", "id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    organization_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    resident_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    name: Mapped[str]
    skills: Mapped[dict[str, Any]] = mapped_column(default=dict)
    verified_minutes: Mapped[int] = mapped_column(Integer, default=0)
    stars: Mapped[int] = mapped_column(Integer, default=0)
    registered_at: Mapped[datetime] = mapped_column(default=now)


class Activity(TenantOwned, Base):
    """An activity that volunteers sign up for, up to ``capacity`` places; ``signed_up`` counts them."""

    __tablename__ = "activity"
    __table_args__ = (
        reference("organization_id", to="organization"),
        CheckConstraint("capacity > 0 and signed_up >= 0 and signed_up <= capacity", name="places"),
        CheckConstraint("ends_at > starts_at", name="span"),
        one_of("status", ("OPEN", "CANCELED")),
        Index("ix_activity_tenant_id_starts_at", "tenant_id", "starts_at", "id"),
        Index("ix_activity_tenant_id_path", "tenant_id", "path"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    organization_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    title: Mapped[str]
    theme: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int] = mapped_column(Integer)
    signed_up: Mapped[int] = mapped_column(Integer, default=0)
    status: Mapped[str] = mapped_column(default="OPEN")
    created_at: Mapped[datetime] = mapped_column(default=now)


class ActivitySignUp(TenantOwned, Base):
    """A volunteer's place in an activity."""

    __tablename__ = "activity_sign_up"
    __table_args__ = (
        reference("activity_id", to="activity"),
        reference("volunteer_id", to="volunteer"),
        unique("activity_id", "volunteer_id"),
        Index("ix_activity_sign_up_tenant_id_volunteer_id", "tenant_id", "volunteer_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    activity_id: Mapped[UUID]
    volunteer_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(default=now)


class HourEntry(TenantOwned, Base):
    """Hours a volunteer says they served; they count only once another person has verified them (DY-12)."""

    __tablename__ = "hour_entry"
    __table_args__ = (
        reference("volunteer_id", to="volunteer"),
        reference("activity_id", to="activity"),
        reference("verified_by_id", to="member"),
        CheckConstraint("minutes > 0 and minutes <= 1440", name="minutes"),
        one_of("status", ("ENTERED", "VERIFIED", "REFUSED")),
        CheckConstraint("(status = 'ENTERED') = (decided_at is null)", name="decision"),
        Index("ix_hour_entry_tenant_id_volunteer_id_served_on", "tenant_id", "volunteer_id", "served_on"),
        Index("ix_hour_entry_tenant_id_activity_id", "tenant_id", "activity_id"),
        Index("ix_hour_entry_tenant_id_decided_at", "tenant_id", "decided_at"),
        Index(
            "ix_hour_entry_tenant_id_status_served_on", "tenant_id", "status", text("served_on desc"), text("id desc")
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    volunteer_id: Mapped[UUID]
    activity_id: Mapped[UUID | None]
    served_on: Mapped[date]
    minutes: Mapped[int] = mapped_column(Integer)
    note: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="ENTERED")
    verified_by_id: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    entered_at: Mapped[datetime] = mapped_column(default=now)
