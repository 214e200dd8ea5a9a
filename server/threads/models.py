"""Messages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from server.cases.participation import Thread
from tenants.db import Base, TenantOwned, one_of, reference, unique


class CaseMessage(TenantOwned, Base):
    """One message, never changed; when its author takes it back, its place stays without its text.

    seq: number in the city's event log of its last event, which no client sees.
    """

    __tablename__ = "case_message"
    __table_args__ = (
        reference("case_id", to="case"),
        reference("reply_to_id", to="case_message"),
        reference("author_member_id", to="member"),
        reference("author_resident_id", to="resident"),
        one_of("thread", Thread),
        unique("seq"),
        Index("ix_case_message_tenant_id_case_id_at", "tenant_id", "case_id", "at", "id"),
        Index(
            "uq_case_message_tenant_id_author_idempotency_key",
            "tenant_id",
            "author_account_id",
            "idempotency_key",
            unique=True,
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    thread: Mapped[str]
    text: Mapped[str | None]
    reply_to_id: Mapped[UUID | None]
    author_account_id: Mapped[UUID | None]
    author_member_id: Mapped[UUID | None]
    author_resident_id: Mapped[UUID | None]
    from_reporter: Mapped[bool]
    at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    idempotency_key: Mapped[str | None]
    idempotency_digest: Mapped[str | None]
