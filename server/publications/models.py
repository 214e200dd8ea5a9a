"""What is to be made public of a case, and the copies that are: two tables, and no way from a copy to its case."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.publications.rules import PublicationStatus
from tenants.db import Base, TenantOwned, one_of, reference, unique


class Publication(TenantOwned, Base):
    """The draft of what is to be public of one case. ``version`` counts its changes.

    place: name of the compound or community. month: of the conclusion, YYYY-MM in the city's time zone. findings: what
    the redaction check found, as ``rules.Finding``. copy_id: of what was made public; no key, and the copy has none back.
    """

    __tablename__ = "publication"
    __table_args__ = (
        reference("case_id", to="case"),
        reference("drafted_by_id", to="member"),
        reference("checked_by_id", to="member"),
        reference("withdrawn_by_id", to="member"),
        one_of("status", PublicationStatus),
        unique("case_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    case_id: Mapped[UUID]
    status: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    title: Mapped[str]
    asked: Mapped[str]
    done: Mapped[str]
    category: Mapped[str]
    place: Mapped[str]
    month: Mapped[str]
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    drafted_by_id: Mapped[UUID]
    drafted_at: Mapped[datetime]
    checked_by_id: Mapped[UUID | None]
    checked_at: Mapped[datetime | None]
    copy_id: Mapped[UUID | None]
    published_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class PublishedCase(TenantOwned, Base):
    """What everybody may read of a case, which it does not name. Withdrawn, it is a gap: its words are gone."""

    __tablename__ = "published_case"
    __table_args__ = (
        Index("ix_published_case_tenant_id_published_at", "tenant_id", text("published_at desc"), text("id desc")),
        Index(
            "ix_published_case_tenant_id_category_published_at",
            "tenant_id",
            "category",
            text("published_at desc"),
            text("id desc"),
        ),
        Index(
            "ix_published_case_tenant_id_month_published_at",
            "tenant_id",
            "month",
            text("published_at desc"),
            text("id desc"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    title: Mapped[str | None]
    asked: Mapped[str | None]
    done: Mapped[str | None]
    category: Mapped[str] = mapped_column(Text)
    place: Mapped[str | None]
    month: Mapped[str]
    published_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
