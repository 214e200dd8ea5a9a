"""Health records, checks, the policy and the access log in the graph."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from schema.connections import Connection, Node
from schema.health_checks.inputs import (
    AccessLogOrder,
    HealthCheckFilter,
    HealthCheckOrder,
    HealthCheckPolicyOrder,
)
from schema.health_checks.reading import OBSERVED, open_findings
from schema.planner.declare import column, entity, newest_first, oldest_first
from schema.planner.fields import to_many
from server.health_checks import columns, models, visibility
from server.health_checks.rules import IntervalStart, Reason, Sex


@strawberry.type(description="Whether a resident is entitled to the free health check on a day.")
class HealthCheckEligibility:
    """The answer for one resident and day."""

    eligible: bool = strawberry.field(description="Whether a check on that day is free.")
    reason: Reason = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, for people, in the language asked for.")
    on: date = strawberry.field(description="The day asked about.")
    age: int = strawberry.field(description="Completed years on that day.")
    next_eligible_on: date | None = strawberry.field(
        description="The first later day on which this policy entitles the resident; null if entitled, or never again.",
    )
    policy_effective_from: date | None = strawberry.field(
        description="First day of the policy that decided; null where the city has none on that day.",
    )


@entity(
    models.HealthCheckPolicyRow,
    prefix="healthpolicy",
    visible=visibility.policies,
    name="HealthCheckPolicy",
    orders={
        HealthCheckPolicyOrder.EFFECTIVE_DESC: newest_first("effective_from", "sex"),
        HealthCheckPolicyOrder.EFFECTIVE_ASC: oldest_first("effective_from", "sex"),
    },
)
class HealthCheckPolicy(Node):
    """One entitled group of the city's policy, in force from a day until a later policy begins."""

    effective_from: date = column("First day in force.")
    sex: Sex = column("Sex of the group.")
    min_age: int = column("Youngest age in completed years, inclusive.")
    max_age: int = column("Oldest age in completed years, inclusive.")
    interval_months: int = column("Months between two free checks.")
    interval_from: IntervalStart = column("From when the interval runs.")


@entity(models.HealthRecord, prefix="healthrecord", visible=visibility.of_resident, observed=OBSERVED)
class HealthRecord(Node):
    """A resident's electronic health record, for the resident and the health workers of the place; reading is logged."""

    resident_id: strawberry.ID = column("Whose record it is.", prefix="resident")
    consent_purpose: str = column("What the resident agreed to.")
    consented_on: date = column("When the resident agreed.")
    created_at: datetime = column("When the record was made, with the first check.")
    checks: Connection[Annotated[HealthCheck, strawberry.lazy("schema.health_checks.types")]] = to_many(
        "The checks, latest first unless ordered otherwise.",
        by="record_id",
        filter=HealthCheckFilter,
        order=HealthCheckOrder,
    )


@entity(
    models.HealthCheck,
    prefix="healthcheck",
    visible=visibility.of_resident,
    observed=OBSERVED,
    orders={
        HealthCheckOrder.CHECKED_DESC: newest_first("checked_on"),
        HealthCheckOrder.CHECKED_ASC: oldest_first("checked_on"),
    },
)
class HealthCheck(Node):
    """One check."""

    checked_on: date = column("The day of the check.")
    findings: JSON = column(
        "What was found: named values as they were written down.",
        expression=columns.sealed_findings,
        decoder=open_findings,
    )
    created_at: datetime = column("When it was written down.")


@entity(
    models.AccessLog,
    prefix="access",
    visible=visibility.access_log,
    orders={AccessLogOrder.AT_DESC: newest_first("at"), AccessLogOrder.AT_ASC: oldest_first("at")},
)
class AccessLog(Node):
    """One reading of the viewer's own health data, by somebody else or by the viewer."""

    at: datetime = column("When.")
    reader_name: str = column("Who.")
    reader_roles: list[str] = column("The roles the reader acted in.", expression=columns.reader_roles)
    purpose: str = column("Why, as the reader stated it; ELIGIBILITY: to see whether a check is due.")
