"""Members, their appointments (the only source of staff roles) and postings."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, one_of, reference, slug


class Member(TenantOwned, Base):
    """A person who serves; ``organization_id`` is the home organization."""

    __tablename__ = "member"
    __table_args__ = (
        reference("organization_id", to="organization"),
        one_of("status", ("ACTIVE", "LEFT")),
        Index("ix_member_tenant_id_organization_id", "tenant_id", "organization_id"),
        Index("ix_member_tenant_id_name", "tenant_id", "name"),
        Index("ix_member_tenant_id_path", "tenant_id", "path"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    organization_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    name: Mapped[str]
    phone: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="ACTIVE")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Appointment(TenantOwned, Base):
    """A member holds a role in a scope for a term. When the term ends the grant ends, without a job having to run.

    scope TENANT: the whole city; ORGANIZATION: the subtree of organization_id; GRID: grid_id; OWN: the member's own
    things. ``ends_on`` is the last day in force, in the city's time zone; ``ended_at`` is set by an early end.
    substitutes_id: the appointment whose holder this one stands in for, with its role and scope, within its term.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        reference("member_id", to="member"),
        reference("organization_id", to="organization"),
        reference("grid_id", to="grid"),
        reference("substitutes_id", to="appointment"),
        slug("role"),
        one_of("scope", ("TENANT", "ORGANIZATION", "GRID", "OWN")),
        CheckConstraint("(scope = 'ORGANIZATION') = (organization_id is not null)", name="organization_scope"),
        CheckConstraint("(scope = 'GRID') = (grid_id is not null)", name="grid_scope"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="term"),
        CheckConstraint("(substitutes_id is null) = (substitution_reason is null)", name="substitution"),
        Index(
            "ix_appointment_tenant_id_substitutes_id",
            "tenant_id",
            "substitutes_id",
            postgresql_where=text("substitutes_id is not null"),
        ),
        Index("ix_appointment_tenant_id_member_id", "tenant_id", "member_id"),
        Index("ix_appointment_tenant_id_organization_id_role", "tenant_id", "organization_id", "role"),
        Index("ix_appointment_tenant_id_grid_id", "tenant_id", "grid_id"),
        Index("ix_appointment_tenant_id_role_member_id", "tenant_id", "role", "member_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    member_id: Mapped[UUID]
    role: Mapped[str]
    scope: Mapped[str]
    organization_id: Mapped[UUID | None]
    grid_id: Mapped[UUID | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    substitutes_id: Mapped[UUID | None]
    substitution_reason: Mapped[str | None]


class Posting(TenantOwned, Base):
    """A member sent to serve in a community beside the home organization (DY-25); ends like an appointment."""

    __tablename__ = "posting"
    __table_args__ = (
        reference("member_id", to="member"),
        reference("organization_id", to="organization"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="term"),
        Index("ix_posting_tenant_id_member_id", "tenant_id", "member_id"),
        Index("ix_posting_tenant_id_organization_id", "tenant_id", "organization_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    member_id: Mapped[UUID]
    organization_id: Mapped[UUID]
    home_unit: Mapped[str | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
