"""Every table of the product. Foreign keys are resolved by name, so each process that writes imports all of them."""

from __future__ import annotations

import server.accounts.models
import server.analytics.models
import server.applications.models
import server.attachments.models
import server.audit.models
import server.cases.models
import server.cases.parts
import server.cases.revisions
import server.documents.models
import server.events.models
import server.grids.models
import server.health_checks.models
import server.identity_providers.models
import server.intake.models
import server.lists.models
import server.members.models
import server.organizations.models
import server.persons.models
import server.phones.models
import server.publications.models
import server.residents.models
import server.retention.models
import server.sealed.models
import server.search.models
import server.threads.models
import server.volunteers.models
import tenants.models
from tenants.db import Base

AREAS = (
    tenants.models,
    server.organizations.models,
    server.members.models,
    server.grids.models,
    server.residents.models,
    server.search.models,
    server.accounts.models,
    server.identity_providers.models,
    server.applications.models,
    server.persons.models,
    server.phones.models,
    server.cases.models,
    server.cases.parts,
    server.cases.revisions,
    server.threads.models,
    server.attachments.models,
    server.volunteers.models,
    server.health_checks.models,
    server.intake.models,
    server.lists.models,
    server.publications.models,
    server.retention.models,
    server.sealed.models,
    server.events.models,
    server.audit.models,
    server.analytics.models,
    server.documents.models,
)

metadata = Base.metadata


def resolve() -> None:
    """Find the target of every foreign key now, so that a table nobody imported is missed at the start, not later."""
    for table in metadata.tables.values():
        for reference in table.foreign_keys:
            _ = reference.column
