"""Root reads of residents."""

from __future__ import annotations

import strawberry

from schema.connections import Connection
from schema.planner.fields import root_by_id, root_connection
from schema.residents.inputs import ResidentFilter, ResidentOrder
from schema.residents.types import Resident


@strawberry.type
class ResidentQueries:
    """Reads of residents."""

    residents: Connection[Resident] = root_connection(
        "Residents the viewer may see: themselves, or those of places the viewer has a duty at.",
        Connection[Resident],
        filter=ResidentFilter,
        order=ResidentOrder,
    )
    resident: Resident | None = root_by_id(
        "One resident by id; null when there is none the viewer may see.",
        Resident,
        prefix="resident",
    )
