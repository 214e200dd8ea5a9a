"""Mutations of health checks."""

# No "from __future__ import annotations" here: Strawberry reads the resolvers' annotations.

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry
from graphql import FieldNode, GraphQLObjectType

from schema.context import CivicInfo
from schema.health_checks.inputs import RecordHealthCheckInput
from schema.health_checks.reading import with_purpose
from schema.health_checks.types import HealthCheck
from schema.ids import row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.compile import Compiler
from schema.planner.objects import named_object
from server.health_checks import models
from server.health_checks.service import recording
from server.health_checks.service.recording import Consent
from tenants.clock import now
from tenants.permissions import Permission

PURPOSE = "RECORDING"


def _check(compiler: Compiler, parent: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...]) -> Any:
    id_ = compiler.parameters.own("health_check_id", models.HealthCheck.__table__.c.id.type)
    type_ = named_object(parent.fields[nodes[0].name.value].type)
    return compiler.one(type_, nodes, path, lambda row: row.c.id == id_)


async def _health_check(self: Any, info: CivicInfo) -> HealthCheck | None:
    id_: UUID | None = self.health_check_id
    if id_ is None:
        return None
    reads = info.context.services.reads
    found: HealthCheck | None = await reads.run(with_purpose(info, PURPOSE), _check, own={"health_check_id": id_})
    return found


@strawberry.type(description="The check that was written down.")
class HealthCheckPayload:
    """A check, or why none was written down."""

    health_check_id: strawberry.Private[UUID | None] = None
    health_check: HealthCheck | None = strawberry.field(
        resolver=_health_check,
        description="The check, which is read (and logged) as RECORDING; null when nothing changed.",
    )
    user_errors: list[UserError] = user_errors()


@mutation("Write down a health check, with the resident's consent.", permission=Permission.HEALTH_CHECK_RECORD)
async def record_health_check(info: CivicInfo, input: RecordHealthCheckInput) -> HealthCheckPayload:  # noqa: A002 - GraphQL's own word
    """Errors: NOT_FOUND, FORBIDDEN, INELIGIBLE_ with the reason, and those of ``recording.record_health_check``."""
    actor = info.context.require_actor()
    tenant = await info.context.services.registry.by_id(actor.tenant_id)
    today = now().astimezone(ZoneInfo(tenant.time_zone)).date()
    given = input.consent
    consent = None if given is None else Consent(purpose=given.purpose, given_on=given.given_on)
    async with info.context.write() as session:
        health_check_id = await recording.record_health_check(
            session,
            resident_id=row_id(input.resident_id, "resident", field="residentId"),
            checked_on=input.checked_on or today,
            findings=input.findings,
            consent=consent,
            today=today,
            keyring=info.context.services.keyring,
            actor=actor,
        )
    return HealthCheckPayload(health_check_id=health_check_id)


@strawberry.type
class HealthCheckMutations:
    """Changes of health data."""

    record_health_check = record_health_check
