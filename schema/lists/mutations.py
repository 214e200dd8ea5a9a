"""Keeping the four lists of a grid."""

from __future__ import annotations

import strawberry

from schema.context import CivicInfo
from schema.ids import optional_row_id, row_id
from schema.lists import mutation_inputs as inputs
from schema.lists import payloads
from schema.mutations import mutation
from server.cases.service.policy import policy_of
from server.lists.rules import Content, ItemKind
from server.lists.service import assigning, planning, revising
from tenants.errors import NotFound
from tenants.ids import split_public_id
from tenants.permissions import Permission

_KINDS = {
    "problem": ItemKind.PROBLEM,
    "measure": ItemKind.MEASURE,
    "responsibility": ItemKind.RESPONSIBILITY,
    "result": ItemKind.RESULT,
}


@mutation("Put a problem on the list of a grid.", permission=Permission.LIST_WRITE)
async def add_problem(info: CivicInfo, input: inputs.AddProblemInput) -> payloads.AddProblemPayload:  # noqa: A002
    """List a problem."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        problem_id = await planning.add_problem(
            session,
            grid_id=row_id(input.grid_id, "grid", field="gridId"),
            category=input.category,
            text=input.text,
            case_id=optional_row_id(input.case_id, "case", field="caseId"),
            idempotency_key=input.idempotency_key,
            policy=policy_of(manifest),
            actor=actor,
        )
    return payloads.AddProblemPayload(problem_id=problem_id)


@mutation("Plan a measure against a problem.", permission=Permission.LIST_WRITE)
async def add_measure(info: CivicInfo, input: inputs.AddMeasureInput) -> payloads.AddMeasurePayload:  # noqa: A002
    """Plan."""
    async with info.context.write() as session:
        measure_id = await planning.add_measure(
            session,
            problem_id=row_id(input.problem_id, "problem", field="problemId"),
            text=input.text,
            idempotency_key=input.idempotency_key,
            actor=info.context.require_actor(),
        )
    return payloads.AddMeasurePayload(measure_id=measure_id)


@mutation("Make a member or an organization answer for a measure until a day.", permission=Permission.LIST_WRITE)
async def assign_responsibility(
    info: CivicInfo,
    input: inputs.AssignResponsibilityInput,  # noqa: A002
) -> payloads.AssignResponsibilityPayload:
    """Assign."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        responsibility_id = await assigning.assign_responsibility(
            session,
            measure_id=row_id(input.measure_id, "measure", field="measureId"),
            member_id=optional_row_id(input.member_id, "member", field="memberId"),
            organization_id=optional_row_id(input.organization_id, "org", field="organizationId"),
            due_on=input.due_on,
            idempotency_key=input.idempotency_key,
            policy=policy_of(manifest),
            actor=actor,
        )
    return payloads.AssignResponsibilityPayload(responsibility_id=responsibility_id)


@mutation(
    "Say what came of a responsibility, once: who answers for it in person, or whoever keeps the lists there.",
    permission=None,
    anyone="whoever answers for a measure in person needs no role to say what came of it",
)
async def record_result(info: CivicInfo, input: inputs.RecordResultInput) -> payloads.RecordResultPayload:  # noqa: A002
    """Record."""
    async with info.context.write() as session:
        result_id = await assigning.record_result(
            session,
            responsibility_id=row_id(input.responsibility_id, "responsibility", field="responsibilityId"),
            text=input.text,
            idempotency_key=input.idempotency_key,
            actor=info.context.require_actor(),
        )
    return payloads.RecordResultPayload(result_id=result_id)


@mutation("Close a problem, when each of its measures has its results.", permission=Permission.LIST_WRITE)
async def close_problem(info: CivicInfo, input: inputs.CloseProblemInput) -> payloads.CloseProblemPayload:  # noqa: A002
    """Close."""
    async with info.context.write() as session:
        problem_id = await revising.close_problem(
            session,
            problem_id=row_id(input.problem_id, "problem", field="problemId"),
            expected_version=input.expected_version,
            actor=info.context.require_actor(),
        )
    return payloads.CloseProblemPayload(problem_id=problem_id)


@mutation("Put an item right; what it said before stays in the problem's history.", permission=Permission.LIST_WRITE)
async def revise_list_item(
    info: CivicInfo,
    input: inputs.ReviseListItemInput,  # noqa: A002
) -> payloads.ReviseListItemPayload:
    """Revise."""
    actor = info.context.require_actor()
    split = split_public_id(input.item_id)
    if split is None or split[0] not in _KINDS:
        raise NotFound("No such item of the four lists.", field=("itemId",))
    content = Content(
        text=input.text,
        category=input.category,
        due_on=input.due_on,
        member_id=optional_row_id(input.member_id, "member", field="memberId"),
        organization_id=optional_row_id(input.organization_id, "org", field="organizationId"),
    )
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        problem_id = await revising.revise_list_item(
            session,
            kind=_KINDS[split[0]],
            item_id=split[1],
            expected_version=input.expected_version,
            content=content,
            policy=policy_of(manifest),
            actor=actor,
        )
    return payloads.ReviseListItemPayload(problem_id=problem_id)


@strawberry.type
class ListMutations:
    """Changes of the four lists."""

    add_problem = add_problem
    add_measure = add_measure
    assign_responsibility = assign_responsibility
    record_result = record_result
    close_problem = close_problem
    revise_list_item = revise_list_item
