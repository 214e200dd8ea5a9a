"""Root reads of organizations."""

from __future__ import annotations

import strawberry

from schema.connections import Connection
from schema.organizations.types import Organization, OrganizationFilter, OrganizationOrder
from schema.planner.fields import root_by_id, root_connection


@strawberry.type
class OrganizationQueries:
    """Reads of the organization tree."""

    organizations: Connection[Organization] = root_connection(
        "Organizations of the city, the root first unless ordered otherwise.",
        Connection[Organization],
        filter=OrganizationFilter,
        order=OrganizationOrder,
    )
    organization: Organization | None = root_by_id(
        "One organization by id; null when there is none the viewer may see.",
        Organization,
        prefix="org",
    )
