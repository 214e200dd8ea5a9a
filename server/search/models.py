"""The table that leads from terms to the things whose texts hold them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.search.searched import SEARCHED
from tenants.db import Base, one_of


class SearchTerm(Base):
    """A thing of a kind is found under a term. ``kind`` is the thing's table, ``subject_id`` its id there.

    It names things of several tables, so no foreign key holds it: whoever writes a searched column writes its terms in
    the same transaction (``server.search.writing``), and rows of searched tables are never deleted.
    """

    __tablename__ = "search_term"
    __table_args__ = (one_of("kind", tuple(sorted(SEARCHED))),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
