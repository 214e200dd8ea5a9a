"""Sealed matters, their allegations, history and readings; cooperation zones and their rule documents.

Whatever somebody wrote, and who reported, is ciphertext (AES-256-GCM under the tenant's data key): four bytes of the
key's version, then what ``tenants.keys.seal`` makes. The database never sees a word of it.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from server.sealed.rules import (
    SealedEventKind,
    SealedReading,
    SealedSatisfaction,
    SealedStatus,
    ZonePart,
    ZoneRuleStatus,
)
from tenants.db import Base, TenantOwned, one_of, reference, unique


class CooperationZone(TenantOwned, Base):
    """Organizations that inquire together (协作区, FD-01). ``version`` counts its changes."""

    __tablename__ = "cooperation_zone"
    __table_args__ = (unique("name"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    name: Mapped[str]
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime]


class ZoneMember(TenantOwned, Base):
    """An organization of a zone, with its path; one of them leads."""

    __tablename__ = "zone_member"
    __table_args__ = (
        reference("zone_id", to="cooperation_zone"),
        reference("organization_id", to="organization"),
        one_of("part", ZonePart),
        unique("zone_id", "organization_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    zone_id: Mapped[UUID]
    organization_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    part: Mapped[str]
    leads: Mapped[bool]


class ZoneRule(TenantOwned, Base):
    """A version of a written rule of a zone (FD-05)."""

    __tablename__ = "zone_rule"
    __table_args__ = (
        reference("zone_id", to="cooperation_zone"),
        one_of("status", ZoneRuleStatus),
        unique("zone_id", "title", "version"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    zone_id: Mapped[UUID]
    title: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    status: Mapped[str]
    effective_from: Mapped[date]
    issued_at: Mapped[datetime]


class SealedCase(TenantOwned, Base):
    """A sealed matter. ``about_id`` is the organization complained of; ``owner_path``, ``about_path`` are those of theirs.

    subject, analysis, transfer, reporter: ciphertext. code: digest of the tracking code. once, digest: tell a retry of a
    signed-in reporter, as keyed digests; there is no other trace of who it was.
    """

    __tablename__ = "sealed_case"
    __table_args__ = (
        reference("about_id", to="organization"),
        reference("owner_id", to="organization"),
        reference("zone_id", to="cooperation_zone"),
        one_of("status", SealedStatus),
        one_of("satisfaction", SealedSatisfaction),
        unique("number"),
        unique("code"),
        unique("once"),
        CheckConstraint("(owner_id is null) = (owner_path is null)", name="owner_path"),
        Index("ix_sealed_case_tenant_id_received_at", "tenant_id", text("received_at desc"), text("id desc")),
        Index("ix_sealed_case_tenant_id_zone_id", "tenant_id", "zone_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    status: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    about_id: Mapped[UUID]
    about_path: Mapped[str] = mapped_column(Text(collation="C"))
    owner_id: Mapped[UUID | None]
    owner_path: Mapped[str | None] = mapped_column(Text(collation="C"))
    zone_id: Mapped[UUID | None]
    subject: Mapped[bytes | None] = mapped_column(LargeBinary)
    analysis: Mapped[bytes | None] = mapped_column(LargeBinary)
    transfer: Mapped[bytes | None] = mapped_column(LargeBinary)
    reporter: Mapped[bytes | None] = mapped_column(LargeBinary)
    allegations: Mapped[int] = mapped_column(Integer)
    answered: Mapped[int] = mapped_column(Integer, default=0)
    satisfaction: Mapped[str] = mapped_column(default=SealedSatisfaction.NOT_RATED)
    code: Mapped[bytes] = mapped_column(LargeBinary)
    once: Mapped[bytes | None] = mapped_column(LargeBinary)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class SealedAllegation(TenantOwned, Base):
    """One thing complained of, and the answer to it; both ciphertext."""

    __tablename__ = "sealed_allegation"
    __table_args__ = (reference("case_id", to="sealed_case"), unique("case_id", "position"))

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(Integer)
    said: Mapped[bytes] = mapped_column(LargeBinary)
    feedback: Mapped[bytes | None] = mapped_column(LargeBinary)
    feedback_at: Mapped[datetime | None]


class SealedEvent(TenantOwned, Base):
    """One step of a sealed matter, and the audit of it. Never changed. ``version`` is the matter's after it.

    The reporter's own steps name no account, no person and no request. ``note`` is ciphertext.
    """

    __tablename__ = "sealed_event"
    __table_args__ = (
        reference("case_id", to="sealed_case"),
        reference("owner_id", to="organization"),
        reference("zone_id", to="cooperation_zone"),
        reference("member_id", to="member"),
        one_of("kind", SealedEventKind),
        one_of("status", SealedStatus),
        one_of("satisfaction", SealedSatisfaction),
        unique("case_id", "version"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str]
    status: Mapped[str]
    owner_id: Mapped[UUID | None]
    zone_id: Mapped[UUID | None]
    allegations: Mapped[int | None] = mapped_column(Integer)
    allegation: Mapped[int | None] = mapped_column(Integer)
    satisfaction: Mapped[str | None]
    note: Mapped[bytes | None] = mapped_column(LargeBinary)
    account_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    request_id: Mapped[str | None]
    at: Mapped[datetime]


class SealedAccess(TenantOwned, Base):
    """One reading of a sealed matter, which the leads can see. Never changed. ``reason`` is ciphertext."""

    __tablename__ = "sealed_access"
    __table_args__ = (
        reference("case_id", to="sealed_case"),
        reference("member_id", to="member"),
        one_of("action", SealedReading),
        Index("ix_sealed_access_tenant_id_case_id_at", "tenant_id", "case_id", text("at desc"), text("id desc")),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID]
    action: Mapped[str]
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    roles: Mapped[str]
    account_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    request_id: Mapped[str | None]
    at: Mapped[datetime]
