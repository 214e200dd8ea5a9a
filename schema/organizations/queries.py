"""Root reads of organizations."""

from __future__ import annotations

import strawberry

from schema.organizations.types import (
    Organization,
    OrganizationConnection,
    OrganizationFilter,
    OrganizationOrder,
)
from schema.planner.fields import root_by_id, root_connection


@strawberry.type
class OrganizationQueries:
    """Reads of the organization tree."""

    organizations: OrganizationConnection = root_connection(
        "Organizations of the city, the root first unless ordered otherwise.",
        OrganizationConnection,
        filter=OrganizationFilter,
        order=OrganizationOrder,
    )
    organization: Organization | None = root_by_id(
        "One organization by id; null when there is none the viewer may see.",
        Organization,
        prefix="org",
    )
