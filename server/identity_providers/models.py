"""Sign-ins under way at providers, and the accounts that people at providers are linked to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, reference, unique


class PendingSignIn(TenantOwned, Base):
    """A sign-in that waits for its code; gone once it is used. digest: SHA-256 of its state.

    issuer, client: of the provider it was begun at, and what the city was called there. account_id: whom the account at the provider shall be linked to;
    None for a sign-in. invitation_id, invitation_digest: what was shown with it, proven only when it is completed.
    """

    __tablename__ = "pending_sign_in"
    __table_args__ = (
        reference("account_id", to="account", ondelete="CASCADE"),
        Index("ix_pending_sign_in_tenant_id_expires_at", "tenant_id", "expires_at"),
        Index("ix_pending_sign_in_tenant_id_account_id", "tenant_id", "account_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    issuer: Mapped[str]
    client: Mapped[str]
    redirect_uri: Mapped[str]
    account_id: Mapped[UUID | None]
    invitation_id: Mapped[UUID | None]
    invitation_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    begun_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class LinkedIdentity(TenantOwned, Base):
    """Somebody at a provider (issuer and subject) who signs in to an account; one for an account and issuer."""

    __tablename__ = "linked_identity"
    __table_args__ = (
        reference("account_id", to="account", ondelete="CASCADE"),
        unique("issuer", "subject"),
        unique("account_id", "issuer"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    account_id: Mapped[UUID]
    issuer: Mapped[str]
    subject: Mapped[str]
    linked_at: Mapped[datetime] = mapped_column(default=now)
