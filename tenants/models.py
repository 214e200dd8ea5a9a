"""Tables of the tenants room: the registry of cities, their manifests, role policies, counters and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, one_of, slug, unique
from tenants.ids import uuid7
from tenants.standing import Standing


class Tenant(Base):
    """A city. Global table without row security: it holds nothing but names and versions."""

    __tablename__ = "tenant"
    __table_args__ = (one_of("kind", ("CITY", "PLATFORM")), one_of("status", tuple(Standing)), slug("slug"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    slug: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(default=Standing.ACTIVE.value)
    name: Mapped[dict[str, Any]]
    time_zone: Mapped[str]
    manifest_version: Mapped[int] = mapped_column(Integer, default=0)
    policy_version: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)


class TenantManifest(TenantOwned, Base):
    """Every manifest that was applied, whole; the tenant's manifest_version names the one in force."""

    __tablename__ = "tenant_manifest"
    __table_args__ = (unique("version"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    document: Mapped[dict[str, Any]]
    digest: Mapped[str]
    applied_at: Mapped[datetime]
    applied_by: Mapped[str]


class PolicyRule(TenantOwned, Base):
    """One line of a city's role policy: the role may do the action on things of the kind."""

    __tablename__ = "policy_rule"
    __table_args__ = (unique("role", "object", "action"), slug("role"), slug("object"), slug("action"))

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    role: Mapped[str]
    object: Mapped[str]
    action: Mapped[str]


class TenantCounter(Base):
    """Gap-free numbers of a tenant (event order, case numbers), updated late in the transaction that uses them."""

    __tablename__ = "tenant_counter"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger, default=0)


class DataKey(TenantOwned, Base):
    """A tenant's data key for encrypted fields, wrapped by the platform's key; the newest version encrypts."""

    __tablename__ = "data_key"
    __table_args__ = (unique("version"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
