"""Root reads of health data."""

# No "from __future__ import annotations" here: Strawberry reads the resolvers' annotations.

from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import strawberry
from graphql import FieldNode, GraphQLObjectType
from strawberry.types import Info

from schema.connections import Connection
from schema.context import Context
from schema.health_checks.inputs import (
    AccessLogFilter,
    AccessLogOrder,
    HealthCheckPolicyFilter,
    HealthCheckPolicyOrder,
)
from schema.health_checks.reading import note_unread, with_purpose
from schema.health_checks.types import AccessLog, HealthCheckEligibility, HealthCheckPolicy, HealthRecord
from schema.planner.arguments import Leaf, arguments
from schema.planner.binding import not_an_id_of
from schema.planner.compile import Compiler
from schema.planner.fields import root_connection
from schema.planner.objects import named_object
from server.health_checks.service.eligibility import Answer, check_eligibility
from server.health_checks.service.reading import require_purpose
from tenants.clock import now
from tenants.errors import NotFound
from tenants.ids import split_public_id

_RESIDENT = strawberry.argument(description="The resident.")
_ON = strawberry.argument(description="The day of the check; today in the city's time zone when left out.")
_PURPOSE = strawberry.argument(description="Why it is read, in a line; the resident will see it.")


def _record(compiler: Compiler, parent: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...]) -> Any:
    leaf = arguments(nodes[0], parent, compiler.variables)["residentId"]
    if not isinstance(leaf, Leaf):
        raise TypeError
    resident_id = compiler.parameters.leaf(leaf, prefix="resident")
    type_ = named_object(parent.fields[nodes[0].name.value].type)
    return compiler.one(type_, nodes, path, lambda row: row.c.resident_id == resident_id)


async def _health_record(
    info: Info[Context, None],
    resident_id: Annotated[strawberry.ID, _RESIDENT],
    purpose: Annotated[str, _PURPOSE],
) -> HealthRecord | None:
    info.context.require_actor()
    found: HealthRecord | None = await info.context.services.reads.run(
        with_purpose(info, require_purpose(purpose)),
        _record,
    )
    if found is None:
        await note_unread(info.context, resident_id)
    return found


async def _eligibility(
    info: Info[Context, None],
    resident_id: Annotated[strawberry.ID, _RESIDENT],
    on: Annotated[date | None, _ON] = None,
) -> HealthCheckEligibility | None:
    actor = info.context.require_actor()
    found = split_public_id(resident_id)
    if found is None or found[0] != "resident":
        raise not_an_id_of("resident")
    if on is None:
        tenant = await info.context.services.registry.by_id(actor.tenant_id)
        on = now().astimezone(ZoneInfo(tenant.time_zone)).date()
    try:
        async with info.context.write() as session:
            answer = await check_eligibility(session, resident_id=found[1], on=on, actor=actor)
    except NotFound:
        await note_unread(info.context, resident_id)
        return None
    return _as_data(answer, on, info.context.language)


def _as_data(answer: Answer, on: date, language: str) -> HealthCheckEligibility:
    found = answer.eligibility
    return HealthCheckEligibility(
        eligible=found.eligible,
        reason=found.reason,
        message=found.reason_zh_cn if language == "zh-CN" else found.reason_en,
        on=on,
        age=found.age,
        next_eligible_on=found.next_eligible_on,
        policy_effective_from=answer.policy_effective_from,
    )


@strawberry.type
class HealthCheckQueries:
    """Reads of health data."""

    health_check_eligibility: HealthCheckEligibility | None = strawberry.field(
        resolver=_eligibility,
        description="Whether a resident is entitled to the free check; null for whoever may not see health data there.",
    )
    health_record: HealthRecord | None = strawberry.field(
        resolver=_health_record,
        description="A resident's record, for the resident and health workers of the place; null otherwise. Logged.",
    )
    my_health_access_log: Connection[AccessLog] = root_connection(
        "Who read the viewer's own health data, latest first unless ordered otherwise.",
        Connection[AccessLog],
        filter=AccessLogFilter,
        order=AccessLogOrder,
    )
    health_check_policies: Connection[HealthCheckPolicy] = root_connection(
        "Who is entitled to a free check in this city, by day in force, sex and age.",
        Connection[HealthCheckPolicy],
        filter=HealthCheckPolicyFilter,
        order=HealthCheckPolicyOrder,
    )
