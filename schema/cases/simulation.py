"""What would become of a case, or of one that nobody has reported yet, under the city's policy or another one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry

from schema.cases.clock_types import MOST_TARGETS, MOST_WARNINGS, DeadlineLine, DeadlineWarning
from schema.cases.clocks import log_of
from schema.context import CivicInfo
from schema.ids import row_id
from schema.planner.binding import BadInput
from schema.planner.prices import listed
from schema.planner.single import Expression, read_named, read_one
from server.cases import histories
from server.cases.clocks import Span, Unit
from server.cases.deadlines import MOST_LINES, DeadlineRule, TargetKind, told
from server.cases.ladders import LadderAction, LadderStep
from server.cases.service.policy import CasePolicy, policy_of
from server.cases.simulation import Overrides, Simulation, invented, simulate
from server.cases.states import Severity, Track
from server.cases.timing import CaseClock
from tenants.authz import authorize
from tenants.clock import now
from tenants.errors import NotFound
from tenants.ids import split_public_id
from tenants.permissions import Permission

MOST_STEPS = 20
MOST_AMOUNT = 1_000

strawberry.enum(Unit, name="TimeUnit", description="HOURS and DAYS run on; the WORKING units follow a work calendar.")
strawberry.enum(
    LadderAction,
    description="What a step of the ladder does: the case goes up, people are told, or it is only marked late.",
)


@strawberry.input(description="A stretch of time.")
class TimeLimitInput:
    """An amount and its unit."""

    amount: int = strawberry.field(description="How many units, 1 to 1,000.")
    unit: Unit = strawberry.field(description="Of what.")


@strawberry.input(description="The limit of a target.")
class TargetLimitInput:
    """A target and its limit."""

    target: TargetKind = strawberry.field(description="What must have happened.")
    limit: TimeLimitInput = strawberry.field(description="Within what time.")


@strawberry.input(description="A step of a ladder; exactly one of afterSharePercent and after is given.")
class LadderStepInput:
    """When, and what."""

    after_share_percent: int | None = strawberry.field(
        default=None, description="At a share of the time allowed; 100 is the deadline."
    )
    after: TimeLimitInput | None = strawberry.field(default=None, description="So long after the deadline.")
    action: LadderAction = strawberry.field(default=LadderAction.CLIMB, description="What it does.")


@strawberry.input(
    description="A case as it is, by caseId; or one to imagine, by severity, reportedAt and organizationId. Then what is "
    "to be otherwise than in the city's policy."
)
class SimulateEscalationInput:
    """What to simulate."""

    case_id: strawberry.ID | None = strawberry.field(default=None, description="Id of a case.")
    severity: Severity | None = strawberry.field(default=None, description="How hard the imagined case is.")
    reported_at: datetime | None = strawberry.field(default=None, description="When it is reported, and accepted.")
    organization_id: strawberry.ID | None = strawberry.field(default=None, description="Who has it first.")
    track: Track = strawberry.field(default=Track.GRID_EVENT, description="The course the imagined case takes.")
    limits: list[TargetLimitInput] = strawberry.field(
        default_factory=list, description="Limits for the severity of the case; those not given are the city's."
    )
    ladder: list[LadderStepInput] | None = strawberry.field(
        default=None, description="Another ladder of at most 20 steps; null for the city's."
    )
    calendar: str | None = strawberry.field(
        default=None, description="Path of the organization whose calendar counts; null for who has the case first."
    )


@strawberry.type(description="When a target would be due.")
class SimulatedTarget:
    """A target and its moment."""

    kind: TargetKind = strawberry.field(description="What must have happened.")
    due_at: datetime | None = strawberry.field(description="By when; null while the clock waits or stands still.")


@strawberry.type(description="A step of the ladder that would be taken.")
class SimulatedStep:
    """A step, its moment and where it leads."""

    number: int = strawberry.field(description="Its number in the course, 1 for the first.")
    at: datetime = strawberry.field(description="When.")
    action: LadderAction = strawberry.field(description="What it does.")
    early: bool = strawberry.field(description="Whether it is taken before the deadline.")
    level: str = strawberry.field(description="Code of the level that has the case after it.")
    told: list[str] = strawberry.field(description="The roles it tells.")


@strawberry.type(description="What would become of a case.")
class EscalationSimulation:
    """Targets, steps, and how the deadline is counted."""

    targets: list[SimulatedTarget] = strawberry.field(description="Those with a limit.", metadata=listed(MOST_TARGETS))
    steps: list[SimulatedStep] = strawberry.field(
        description="The steps still to be taken if nobody concludes the case, in the order of time.",
        metadata=listed(MOST_STEPS + 1),
    )
    explain: list[DeadlineLine] = strawberry.field(
        description="How the deadline is counted; at most 100 lines.", metadata=listed(MOST_LINES)
    )
    warnings: list[DeadlineWarning] = strawberry.field(
        description="What could not be taken into account.", metadata=listed(MOST_WARNINGS)
    )


async def _simulate(
    info: CivicInfo,
    input: Annotated[SimulateEscalationInput, strawberry.argument(description="What to simulate.")],  # noqa: A002
) -> EscalationSimulation:
    """Reads only. Errors: NotPermitted without manifest:read, NotFound, BadInput."""
    context = info.context
    actor = context.require_actor()
    authorize(actor, Permission.MANIFEST_READ)
    policy = policy_of(await context.services.registry.manifest(actor.tenant_id))
    clock = await _clock(info, input, policy)
    overrides = Overrides(
        limits={limit.target: _rule(limit.limit) for limit in input.limits},
        ladder=None if input.ladder is None else _ladder(input.ladder),
        calendar=await _calendar(info, input.calendar),
    )
    return _answer(simulate(clock, overrides, policy.chain), clock, overrides, context.language)


async def _clock(info: CivicInfo, given: SimulateEscalationInput, policy: CasePolicy) -> CaseClock:
    if given.case_id is not None:
        path, _due_at, _ended_at, log = await _read(info, "case", given.case_id, "caseId", histories.history_of)
        return CaseClock(policy.timing, log_of(log), path)
    if given.severity is None or given.reported_at is None or given.organization_id is None:
        raise BadInput("Give a caseId, or severity, reportedAt and organizationId of a case to imagine.")
    if given.reported_at.tzinfo is None:
        raise BadInput("Say in which time zone reportedAt is, for example with +08:00.")
    path, level = await _read(info, "org", given.organization_id, "organizationId", histories.place_of)
    organization_id = row_id(given.organization_id, "org", field="organizationId")
    log = invented(given.reported_at, given.severity, given.track, level, organization_id)
    return CaseClock(policy.timing, log, path)


async def _calendar(info: CivicInfo, path: str | None) -> str | None:
    """The path, which must be one of an organization the viewer sees: any other would quietly mean the city's own."""
    if path is not None and await read_named(info.context, "simulated calendar", histories.place_at, path) is None:
        raise NotFound("No such {thing}.", thing="organization", field=("input", "calendar"))
    return path


async def _read(info: CivicInfo, prefix: str, given: str, field: str, of: Expression) -> Any:
    """What the viewer may see of a row. Raises NotFound."""
    split = split_public_id(given)
    found = None
    if split is not None and split[0] == prefix:
        found = await read_one(info.context, f"simulated {prefix}", of, split[1])
    if found is None:
        raise NotFound("No such {thing}.", thing=prefix, field=("input", field))
    return found


def _ladder(given: Sequence[LadderStepInput]) -> tuple[LadderStep, ...]:
    if len(given) > MOST_STEPS:
        raise BadInput("A ladder has at most {most} steps.", most=MOST_STEPS)
    return tuple(_step(step) for step in given)


def _step(given: LadderStepInput) -> LadderStep:
    share = given.after_share_percent
    if (share is None) == (given.after is None) or not 1 <= (share or 1) <= MOST_AMOUNT:
        raise BadInput("Each step of a ladder has either afterSharePercent, 1 to {most}, or after.", most=MOST_AMOUNT)
    return LadderStep(share, None if given.after is None else _rule(given.after), given.action)


def _rule(given: TimeLimitInput) -> DeadlineRule:
    if not 1 <= given.amount <= MOST_AMOUNT:
        raise BadInput("A limit is 1 to {most} units.", most=MOST_AMOUNT)
    return DeadlineRule(given.amount, given.unit)


def _answer(found: Simulation, clock: CaseClock, overrides: Overrides, language: str) -> EscalationSimulation:
    zone = clock.timing.calendar_at(overrides.calendar or clock.path).time_zone
    lines = told(found.deadline.explain, now()) if found.deadline else ()
    warnings = found.deadline.warnings if found.deadline else ()
    return EscalationSimulation(
        targets=[SimulatedTarget(kind=kind, due_at=due_at) for kind, due_at in found.due.items()],
        steps=[
            SimulatedStep(
                number=step.due.number,
                at=step.due.at,
                action=step.due.step.action,
                early=step.due.early,
                level=step.level,
                told=list(step.due.step.notify_roles),
            )
            for step in found.steps
        ],
        explain=[_line(line, language, zone) for line in lines],
        warnings=[DeadlineWarning(code=warning.code, first_day=warning.first_day) for warning in warnings],
    )


def _line(line: Span, language: str, zone: Any) -> DeadlineLine:
    return DeadlineLine(
        day=line.day,
        starts_at=line.starts_at.astimezone(zone),
        ends_at=line.ends_at.astimezone(zone),
        hours=line.hours,
        reason=line.reason,
        name=line.name.in_language(language) if line.name else line.word,
    )


@strawberry.type
class SimulationQueries:
    """Questions about policy."""

    simulate_escalation: EscalationSimulation = strawberry.field(
        resolver=_simulate,
        description="When each target of a case would be due and each step of the ladder taken, level by level, by the "
        "city's policy or by another one. Changes nothing. Needs manifest:read.",
    )
