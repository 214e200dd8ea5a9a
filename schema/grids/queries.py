"""Root reads of grids."""

from __future__ import annotations

import strawberry

from schema.grids.inputs import GridFilter, GridOrder
from schema.grids.types import Grid, GridConnection
from schema.planner.fields import root_by_id, root_connection


@strawberry.type
class GridQueries:
    """Reads of grids."""

    grids: GridConnection = root_connection(
        "Grids of the city, by code unless ordered otherwise.",
        GridConnection,
        filter=GridFilter,
        order=GridOrder,
    )
    grid: Grid | None = root_by_id("One grid by id; null when there is none the viewer may see.", Grid, prefix="grid")
