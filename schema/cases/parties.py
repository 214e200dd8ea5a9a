"""Who takes steps in a case, in the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from schema.members.types import Member
    from schema.residents.types import Resident

CaseParty = Annotated[
    Annotated["Member", strawberry.lazy("schema.members.types")]
    | Annotated["Resident", strawberry.lazy("schema.residents.types")],
    strawberry.union("CaseParty", description="Somebody who takes steps in a case."),
]
