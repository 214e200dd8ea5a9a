"""Accounts and sign-in sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, one_of, reference, unique


class Account(TenantOwned, Base):
    """A local account of one city: a member or a resident (or, for the operator, neither)."""

    __tablename__ = "account"
    __table_args__ = (
        reference("member_id", to="member"),
        reference("resident_id", to="resident"),
        unique("username"),
        one_of("status", ("ACTIVE", "DISABLED")),
        CheckConstraint("member_id is null or resident_id is null", name="one_person"),
        CheckConstraint("username ~ '^[a-z0-9][a-z0-9._-]{1,62}$'", name="username"),
        Index("ix_account_tenant_id_member_id", "tenant_id", "member_id"),
        Index("ix_account_tenant_id_resident_id", "tenant_id", "resident_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    username: Mapped[str]
    password_hash: Mapped[str]
    member_id: Mapped[UUID | None]
    resident_id: Mapped[UUID | None]
    operator: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(default="ACTIVE")
    created_at: Mapped[datetime] = mapped_column(default=now)


class SignInSession(TenantOwned, Base):
    """One signed-in device. Only the SHA-256 of the refresh token is kept; each refresh replaces it."""

    __tablename__ = "sign_in_session"
    __table_args__ = (
        reference("account_id", to="account", ondelete="CASCADE"),
        Index("ix_sign_in_session_tenant_id_account_id", "tenant_id", "account_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    account_id: Mapped[UUID]
    refresh_digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
