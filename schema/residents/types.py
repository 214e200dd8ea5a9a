"""Residents in the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.cases.inputs import CaseFilter, CaseOrder
from schema.connections import Node
from schema.planner.declare import column, entity, in_order, oldest_first, to_one
from schema.planner.fields import to_many
from schema.residents.inputs import ResidentOrder
from server.residents import models, visibility

if TYPE_CHECKING:
    from schema.cases.types import CaseConnection
    from schema.grids.types import Grid


@entity(
    models.Resident,
    prefix="resident",
    visible=visibility.residents,
    orders={ResidentOrder.ENTERED_ASC: in_order(), ResidentOrder.NAME_ASC: oldest_first("name")},
)
class Resident(Node):
    """A resident, visible to themselves and to staff with a duty at the place. No scores, no attributes."""

    name: str = column("Name.")
    phone: str | None = column("Telephone number.")
    grid: Annotated[Grid, strawberry.lazy("schema.grids.types")] | None = to_one("Where they live.", by="grid_id")
    cases: Annotated[CaseConnection, strawberry.lazy("schema.cases.types")] = to_many(
        "What they reported, as far as the viewer may see it.",
        by="reporter_id",
        filter=CaseFilter,
        order=CaseOrder,
    )
