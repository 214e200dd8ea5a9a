"""One-time codes that are good now, and messages on their way to telephones. Both are gone when they are over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from server.phones.rules import MessageKind
from tenants.db import Base, TenantOwned, one_of, unique


class PhoneCode(TenantOwned, Base):
    """The one code that is good for a number and a purpose. Only keyed digests are kept, of the code as of the number.

    attempts: codes that were tried since it was made.
    """

    __tablename__ = "phone_code"
    __table_args__ = (
        unique("subject_digest"),
        Index("ix_phone_code_tenant_id_expires_at", "tenant_id", "expires_at"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    subject_digest: Mapped[bytes] = mapped_column(LargeBinary)
    code_digest: Mapped[bytes] = mapped_column(LargeBinary)
    attempts: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime]


class PhoneMessage(TenantOwned, Base):
    """A message that due work hands to the sender. sealed: number and code, encrypted under the city's key."""

    __tablename__ = "phone_message"
    __table_args__ = (
        one_of("kind", MessageKind),
        Index("ix_phone_message_tenant_id_expires_at", "tenant_id", "expires_at"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    kind: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_version: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime]
