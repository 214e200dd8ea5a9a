"""Orders of health data and the inputs of its mutations."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

import strawberry
from strawberry.scalars import JSON

from schema.planner.conditions import at_least, before, one_of
from schema.planner.declare import where
from server.health_checks.rules import IntervalStart, Reason, Sex

strawberry.enum(Sex, description="The sexes the free health check tells apart.")
strawberry.enum(IntervalStart, description="From when the interval between checks runs.")
strawberry.enum(Reason, name="EligibilityReason", description="Why somebody is entitled to a free check or not.")


@strawberry.enum(description="Orders of health checks.")
class HealthCheckOrder(Enum):
    """What checks can be ordered by."""

    CHECKED_DESC = "CHECKED_DESC"
    CHECKED_ASC = "CHECKED_ASC"


@strawberry.enum(description="Orders of the city's health check policy.")
class HealthCheckPolicyOrder(Enum):
    """What policy rows can be ordered by."""

    EFFECTIVE_DESC = "EFFECTIVE_DESC"
    EFFECTIVE_ASC = "EFFECTIVE_ASC"


@strawberry.enum(description="Orders of the access log.")
class AccessLogOrder(Enum):
    """What readings can be ordered by."""

    AT_DESC = "AT_DESC"
    AT_ASC = "AT_ASC"


@strawberry.input(description="Which checks; all conditions given must hold.")
class HealthCheckFilter:
    """Conditions on the checks of one record: few rows, found by the record."""

    checked_since: date | None = where("Checked on or after.", at_least("checked_on"))
    checked_until: date | None = where("Checked before.", before("checked_on"))


@strawberry.input(description="Which rows of the policy; all conditions given must hold.")
class HealthCheckPolicyFilter:
    """Conditions on the city's policy: a few rows."""

    sex: list[Sex] | None = where("For one of these sexes.", one_of("sex"))
    effective_since: date | None = where("In force from this day or a later one.", at_least("effective_from"))
    effective_until: date | None = where("In force from a day before this one.", before("effective_from"))


@strawberry.input(description="Which readings; all conditions given must hold.")
class AccessLogFilter:
    """Conditions on the viewer's own access log, which is found by the resident and the time."""

    since: datetime | None = where("At or after.", at_least("at"))
    until: datetime | None = where("Before.", before("at"))


@strawberry.input(description="A resident's consent.")
class HealthConsentInput:
    """What the resident agreed to."""

    purpose: str = strawberry.field(description="What the data may be used for, in a line.")
    given_on: date = strawberry.field(description="The day it was given, not after the check.")


@strawberry.input(description="Writing down a health check.")
class RecordHealthCheckInput:
    """Input of recordHealthCheck."""

    resident_id: strawberry.ID = strawberry.field(description="Who was checked.")
    checked_on: date | None = strawberry.field(
        default=None,
        description="The day of the check; today in the city's time zone when left out.",
    )
    findings: JSON = strawberry.field(
        description=(
            "What was found: an object of 1 to 100 named values (text, number, true, false, null), 16,000 bytes in "
            "all. Stored encrypted."
        ),
    )
    consent: HealthConsentInput | None = strawberry.field(
        default=None,
        description="Needed with a resident's first check; later checks rest on it.",
    )
