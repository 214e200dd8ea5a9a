"""What of intake rows leaves the database in another form, as SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.sql.selectable import FromClause

from server.intake.models import CaseContact
from tenants.db import rows_of
from tenants.viewer import Viewer


def sealed_contact(row: FromClause, viewer: Viewer) -> ColumnElement[Any]:
    """Of a case: ciphertext, key version and case id, as ``service.behalf.unseal_contacts`` takes them; or null."""
    contact = rows_of(CaseContact)
    sealed = func.json_build_array(func.encode(contact.c.sealed, "base64"), contact.c.key_version, contact.c.case_id)
    found = select(sealed).where(contact.c.tenant_id == viewer.tenant, contact.c.case_id == row.c.id)
    return found.correlate(row).scalar_subquery()
