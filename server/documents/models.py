"""The table of documents registered for the client applications of a city."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, TenantOwned, slug, unique


class TrustedDocument(TenantOwned, Base):
    """A GraphQL document that one application may send by its digest (SHA-256 of the text's UTF-8, hexadecimal).

    Never changed: another text has another digest.
    """

    __tablename__ = "trusted_document"
    __table_args__ = (unique("client", "digest"), slug("client"))

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    client: Mapped[str]
    digest: Mapped[str]
    body: Mapped[str]
    registered_at: Mapped[datetime]
    registered_by: Mapped[str]
