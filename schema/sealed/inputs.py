"""Filters and orders of sealed matters and zones."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.planner.conditions import equals, holds_for, one_of
from schema.planner.declare import where
from schema.sealed.words import SealedStatus
from server.sealed.conflicts import in_conflict


@strawberry.enum(description="Orders of sealed matters.")
class SealedCaseOrder(Enum):
    """What sealed matters can be ordered by."""

    RECEIVED_DESC = "RECEIVED_DESC"
    RECEIVED_ASC = "RECEIVED_ASC"


@strawberry.enum(description="Orders of allegations.")
class SealedAllegationOrder(Enum):
    """What allegations can be ordered by."""

    POSITION_ASC = "POSITION_ASC"


@strawberry.enum(description="Orders of the steps of a sealed matter.")
class SealedEventOrder(Enum):
    """What steps can be ordered by."""

    SEQ_ASC = "SEQ_ASC"
    SEQ_DESC = "SEQ_DESC"


@strawberry.enum(description="Orders of the readings of a sealed matter.")
class SealedAccessOrder(Enum):
    """What readings can be ordered by."""

    AT_DESC = "AT_DESC"


@strawberry.enum(description="Orders of cooperation zones.")
class CooperationZoneOrder(Enum):
    """What zones can be ordered by."""

    NAME_ASC = "NAME_ASC"


@strawberry.enum(description="Orders of a zone's rule documents.")
class ZoneRuleOrder(Enum):
    """What rule documents can be ordered by."""

    EFFECTIVE_DESC = "EFFECTIVE_DESC"


@strawberry.input(description="Which sealed matters; all conditions given must hold.")
class SealedCaseFilter:
    """Conditions on the matters that the viewer may read."""

    status: list[SealedStatus] | None = where("In one of these states.", one_of("status"))
    zone_id: strawberry.ID | None = where("Of this zone.", equals("zone_id"), prefix="zone")
    in_conflict: bool | None = where(
        "true: somebody who had it was bound to whom it is about since; false: nobody.", flag=holds_for(in_conflict)
    )
