"""Who a case was reported for, what its reporter follows it by, and the channels that hand reports in.

Contacts and secrets of channels are ciphertext (AES-256-GCM under the tenant's data key); of a tracking code only a
keyed digest is kept.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, reference, unique


class CaseContact(TenantOwned, Base):
    """Name and telephone of somebody for whom a case was reported and who is no resident known here."""

    __tablename__ = "case_contact"
    __table_args__ = (reference("case_id", to="case"), unique("case_id"))

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(default=now)


class TrackingCode(TenantOwned, Base):
    """What the reporter of a case follows it by: the HMAC-SHA-256 of the code, which itself was shown once."""

    __tablename__ = "tracking_code"
    __table_args__ = (reference("case_id", to="case"), unique("case_id"), unique("digest"))

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)


class ChannelSecret(TenantOwned, Base):
    """A secret that a channel signs with. ``channel`` is a code of the manifest; two slots, so that two are good at once."""

    __tablename__ = "channel_secret"
    __table_args__ = (unique("channel", "slot"), CheckConstraint("slot in (1, 2)", name="slot"))

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    channel: Mapped[str]
    slot: Mapped[int] = mapped_column(Integer)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(default=now)


class ChannelDelivery(TenantOwned, Base):
    """A report that a channel handed in, once per ``webhook``, the id it gave it. ``digest``: SHA-256 of its body."""

    __tablename__ = "channel_delivery"
    __table_args__ = (reference("case_id", to="case"), unique("channel", "webhook"))

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    channel: Mapped[str]
    webhook: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    case_id: Mapped[UUID | None]
    received_at: Mapped[datetime] = mapped_column(default=now)
