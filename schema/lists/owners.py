"""Who answers for a measure, in the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from schema.members.types import Member
    from schema.organizations.types import Organization

ListOwner = Annotated[
    Annotated["Member", strawberry.lazy("schema.members.types")]
    | Annotated["Organization", strawberry.lazy("schema.organizations.types")],
    strawberry.union("ListOwner", description="Who answers for a measure."),
]
