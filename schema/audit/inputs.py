"""Filters and orders of the audit trail."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from schema.planner.conditions import ANY_ID, at_least, before, equals, one_of
from schema.planner.declare import where
from server.audit.rules import AuditOutcome

strawberry.enum(AuditOutcome, description="What became of what somebody did or tried.")


@strawberry.enum(description="Orders of the audit trail.")
class AuditEntryOrder(Enum):
    """What entries can be ordered by."""

    AT_DESC = "AT_DESC"
    AT_ASC = "AT_ASC"


@strawberry.input(description="Which entries of the audit trail; all conditions given must hold.")
class AuditEntryFilter:
    """Conditions on entries. Found at once are those of some time, of some actors or about one thing."""

    actor_name: list[str] | None = where(
        "By one of these: a user name, a channel, a part of the platform.", one_of("actor_name")
    )
    action: list[str] | None = where("One of these actions, area:verb.", one_of("action"))
    object_type: list[str] | None = where("About one of these kinds of thing.", one_of("object_type"))
    object_id: strawberry.ID | None = where(
        "About this thing: an id of any kind, with or without its prefix.", equals("object_id"), binding=ANY_ID
    )
    outcome: list[AuditOutcome] | None = where("With one of these outcomes.", one_of("outcome"))
    request_id: str | None = where("In this request.", equals("request_id"))
    since: datetime | None = where("At or after.", at_least("at"))
    until: datetime | None = where("Before.", before("at"))


@strawberry.enum(description="Orders of what was done to one's own data.")
class AboutMeOrder(Enum):
    """What entries about oneself can be ordered by."""

    AT_DESC = "AT_DESC"
    AT_ASC = "AT_ASC"


@strawberry.input(description="Which entries about oneself; all conditions given must hold.")
class AboutMeFilter:
    """Conditions on entries about the viewer, which are few."""

    outcome: list[AuditOutcome] | None = where("With one of these outcomes.", one_of("outcome"))
    since: datetime | None = where("At or after.", at_least("at"))
    until: datetime | None = where("Before.", before("at"))
