"""The chain over the audit trail, and its signed heads."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, TenantOwned, unique


class AuditSeal(Base):
    """The place of an audit entry in its city's chain (``rules.seal_hash``). Never changed.

    No foreign key to the entry: a seal outlives what it speaks of, and tells that it was there.
    """

    __tablename__ = "audit_seal"
    __table_args__ = (unique("entry_id"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID]
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime]


class AuditHead(TenantOwned, Base):
    """A signed statement of how far the chain goes and with which hash it ends there (``rules.head_text``). Never changed."""

    __tablename__ = "audit_head"
    __table_args__ = (unique("seq", "key"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    key: Mapped[str]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
