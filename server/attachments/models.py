"""Attachments: what is known of a file. Where it lies follows from its id (``server.files.store.key_of``)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from server.attachments.rules import Purpose, State
from server.cases.participation import Thread
from server.files.kinds import MediaType
from server.files.refusals import Reason
from tenants.db import Base, TenantOwned, one_of, reference


class Attachment(TenantOwned, Base):
    """A file of a case, of a message, or of nothing yet.

    size: bytes, as announced until it is READY, then as kept. thread: of the message it is in. storing_until: until
    when one process has the file in its hands, so that two uploads to one link never mix.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        reference("case_id", to="case"),
        reference("message_id", to="case_message"),
        reference("uploader_member_id", to="member"),
        reference("uploader_resident_id", to="resident"),
        one_of("state", State),
        one_of("purpose", Purpose),
        one_of("thread", Thread),
        one_of("media_type", MediaType),
        one_of("reason", Reason),
        CheckConstraint("size >= 1", name="size"),
        Index("ix_attachment_tenant_id_case_id", "tenant_id", "case_id", "id"),
        Index("ix_attachment_tenant_id_message_id", "tenant_id", "message_id", "id"),
        Index(
            "ix_attachment_tenant_id_waiting",
            "tenant_id",
            "uploader_account_id",
            postgresql_where=text("state = 'PENDING'"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    thread: Mapped[str | None]
    purpose: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(Integer)
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    has_thumbnail: Mapped[bool] = mapped_column(default=False)
    uploader_account_id: Mapped[UUID]
    uploader_member_id: Mapped[UUID | None]
    uploader_resident_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    storing_until: Mapped[datetime | None]
