"""Root reads of the audit trail."""

# No "from __future__ import annotations" here: Strawberry reads the resolvers' annotations.

import strawberry

from schema.audit.inputs import AboutMeFilter, AboutMeOrder, AuditEntryFilter, AuditEntryOrder
from schema.audit.types import AboutMe, AuditEntry
from schema.connections import Connection
from schema.planner.fields import root_connection


@strawberry.type
class AuditQueries:
    """Who did what."""

    audit_entries: Connection[AuditEntry] = root_connection(
        "The city's audit trail, latest first unless ordered otherwise; empty for whoever may not read it.",
        Connection[AuditEntry],
        filter=AuditEntryFilter,
        order=AuditEntryOrder,
    )
    about_me: Connection[AboutMe] = root_connection(
        "Who read or changed the viewer's own data as a resident, latest first unless ordered otherwise.",
        Connection[AboutMe],
        filter=AboutMeFilter,
        order=AboutMeOrder,
    )
