"""Accounts, their sessions and recovery codes, and the invitations that open accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from server.accounts.rules import AccountStatus, SignInMethod
from tenants.clock import now
from tenants.db import Base, TenantOwned, one_of, reference, unique


class Account(TenantOwned, Base):
    """A local account of one city: a member or a resident (or, for the operator, neither).

    totp_secret: what its authenticator was given, encrypted (``server.accounts.codes``); asked for at sign-in since
    ``totp_confirmed_at``. totp_step: of the last code that was taken, for none is taken twice.
    """

    __tablename__ = "account"
    __table_args__ = (
        reference("member_id", to="member"),
        reference("resident_id", to="resident"),
        unique("username"),
        one_of("status", AccountStatus),
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
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_confirmed_at: Mapped[datetime | None]
    totp_step: Mapped[int | None] = mapped_column(BigInteger)


class SignInSession(TenantOwned, Base):
    """One signed-in device. Only the SHA-256 of the refresh token is kept; each refresh replaces it.

    device: what the program said it is, shortened. previous_digest: of the token that was exchanged at ``rotated_at``,
    good for a moment longer in case the answer was lost.
    """

    __tablename__ = "sign_in_session"
    __table_args__ = (
        reference("account_id", to="account", ondelete="CASCADE"),
        one_of("method", SignInMethod),
        Index("ix_sign_in_session_tenant_id_account_id", "tenant_id", "account_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    account_id: Mapped[UUID]
    refresh_digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    method: Mapped[str] = mapped_column(server_default="PASSWORD")
    device: Mapped[str | None]
    last_used_at: Mapped[datetime | None]
    previous_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    rotated_at: Mapped[datetime | None]


class RecoveryCode(TenantOwned, Base):
    """A code on paper for whoever lost the authenticator; good once. Only a keyed digest is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        reference("account_id", to="account", ondelete="CASCADE"),
        unique("account_id", "digest"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    account_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime | None]


class Invitation(TenantOwned, Base):
    """A member may open an account once, with a token of which only the SHA-256 is kept. username: fixed by the inviter."""

    __tablename__ = "invitation"
    __table_args__ = (
        reference("member_id", to="member"),
        Index("ix_invitation_tenant_id_created_at", "tenant_id", text("created_at desc"), text("id desc")),
        Index("ix_invitation_tenant_id_member_id", "tenant_id", "member_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    member_id: Mapped[UUID]
    username: Mapped[str | None]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SupportAccess(TenantOwned, Base):
    """An operator of the platform asks to look into a city; with leave it may, until ``ends_at``.

    operator_id: an account of the platform's own tenant, operator_name its user name. account_id: what the operator acts
    as in this city, made with the leave. decided_by: the user name of whoever gave or refused it.
    """

    __tablename__ = "support_access"
    __table_args__ = (
        reference("account_id", to="account"),
        one_of("status", ("REQUESTED", "APPROVED", "REFUSED", "ENDED")),
        CheckConstraint("hours between 1 and 8", name="hours"),
        Index("ix_support_access_tenant_id_requested_at", "tenant_id", text("requested_at desc"), text("id desc")),
        Index("ix_support_access_tenant_id_account_id", "tenant_id", "account_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    operator_id: Mapped[UUID]
    operator_name: Mapped[str]
    reason: Mapped[str]
    hours: Mapped[int] = mapped_column(Integer)
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[str] = mapped_column(default="REQUESTED")
    account_id: Mapped[UUID | None]
    requested_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
