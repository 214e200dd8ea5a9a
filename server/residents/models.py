"""Residents: the people a city serves. Least data: no household attributes, no habits, no scores (sources.md 5.3)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.clock import now
from tenants.db import Base, TenantOwned, one_of, reference

PHONE_NUMBER = (
    "case when translate(phone, ' -', '') ~ '^((\\+|00)?86)?1[3-9][0-9]{9}$' "
    "then '+86' || right(translate(phone, ' -', ''), 11) "
    "when translate(phone, ' -', '') ~ '^(\\+|00)[1-9][0-9]{6,14}$' "
    "then '+' || regexp_replace(translate(phone, ' -', ''), '^(\\+|00)', '') end"
)
"""A telephone number in E.164, null for a text that is none: the rule of ``server.phones.rules.number_of``."""


class Resident(TenantOwned, Base):
    """A resident with the grid they live in. Sex and birth date are kept for health-check eligibility only (DY-14).

    phone_number: what the database makes of ``phone`` (E.164), to find a resident by.
    """

    __tablename__ = "resident"
    __table_args__ = (
        reference("grid_id", to="grid"),
        one_of("sex", ("MALE", "FEMALE")),
        Index("ix_resident_tenant_id_grid_id", "tenant_id", "grid_id"),
        Index("ix_resident_tenant_id_path", "tenant_id", "path"),
        Index("ix_resident_tenant_id_name", "tenant_id", "name"),
        Index("ix_resident_tenant_id_phone_number", "tenant_id", "phone_number"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    grid_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    name: Mapped[str]
    phone: Mapped[str | None]
    phone_number: Mapped[str | None] = mapped_column(Text, Computed(PHONE_NUMBER, persisted=True))
    sex: Mapped[str]
    birth_date: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(default=now)
