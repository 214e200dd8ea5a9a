"""Which accounts are one person's. Rows of the platform's own tenant: tenant_id is the platform's, city_id the account's."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, unique


class PersonAccount(TenantOwned, Base):
    """An account of a person who has several: one in each city, and each of one person only."""

    __tablename__ = "person_account"
    __table_args__ = (unique("person_id", "city_id"), unique("city_id", "account_id"))

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    person_id: Mapped[UUID]
    city_id: Mapped[UUID]
    account_id: Mapped[UUID]
    linked_at: Mapped[datetime] = mapped_column(default=now)


class LinkCode(TenantOwned, Base):
    """A code with which one account asks for another of the same person's; good once. Only its SHA-256 is kept."""

    __tablename__ = "link_code"
    __table_args__ = (Index("ix_link_code_tenant_id_city_id_account_id", "tenant_id", "city_id", "account_id"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    city_id: Mapped[UUID]
    account_id: Mapped[UUID]
    session_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
