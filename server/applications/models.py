"""Applications that a city has registered, and their keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, one_of, reference, unique


class Application(TenantOwned, Base):
    """A program of a third party. Its name stays: the audit trail names it.

    scopes: the permissions granted, each in the place: the subtree of organization_id, the grid of grid_id, or the whole
    city. ``path`` is where that is (of a grid: its organization; of the city: empty). networks: from where it may come,
    as CIDR; none for anywhere. client: its code in the manifest, for limits and documents.
    """

    __tablename__ = "application"
    __table_args__ = (
        reference("organization_id", to="organization"),
        reference("grid_id", to="grid"),
        unique("name"),
        one_of("status", ("ACTIVE", "SUSPENDED")),
        CheckConstraint("organization_id is null or grid_id is null", name="one_place"),
        Index("ix_application_tenant_id_registered_at", "tenant_id", text("registered_at desc"), text("id desc")),
        Index("ix_application_tenant_id_organization_id", "tenant_id", "organization_id"),
        Index("ix_application_tenant_id_grid_id", "tenant_id", "grid_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    name: Mapped[str]
    contact: Mapped[str]
    purpose: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(JSONB)
    organization_id: Mapped[UUID | None]
    grid_id: Mapped[UUID | None]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    networks: Mapped[list[str]] = mapped_column(JSONB)
    client: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="ACTIVE")
    expires_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, default=1)
    registered_at: Mapped[datetime] = mapped_column(default=now)


class ApiKey(TenantOwned, Base):
    """A key of an application: only the SHA-256 of its text is kept. hint: what the text begins with, which opens nothing.

    ``last_used_at`` is right to a minute or so.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        reference("application_id", to="application"),
        Index(
            "ix_api_key_tenant_id_application_id",
            "tenant_id",
            "application_id",
            text("created_at desc"),
            text("id desc"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    application_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    hint: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
