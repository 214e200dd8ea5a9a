"""What everybody may read, without signing in."""

from __future__ import annotations

import strawberry

from schema.connections import Connection
from schema.planner.public import public_by_id, public_connection
from schema.publications.inputs import PublishedCaseFilter, PublishedCaseOrder
from schema.publications.types import PublishedCase


@strawberry.type
class PublicationQueries:
    """Reads of what is public."""

    published_cases: Connection[PublishedCase] | None = public_connection(
        "What a city has made public of its cases, the newest first; null for a slug of no city. Answers may be a second old.",
        Connection[PublishedCase],
        filter=PublishedCaseFilter,
        order=PublishedCaseOrder,
    )
    published_case: PublishedCase | None = public_by_id(
        "One of them by id; null when the city has none with it.", PublishedCase, prefix="published"
    )
