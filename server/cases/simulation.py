"""What would become of a case under a policy: when each target is due, and each step of the ladder taken. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from server.cases.deadlines import Deadline, DeadlinePolicy, DeadlineRule, Limits, TargetKind
from server.cases.ladders import DueStep, LadderAction, LadderStep, steps_of, with_deadline
from server.cases.replay import CaseEventFacts, replay
from server.cases.states import CaseFacts, CaseStatus, EventKind, Severity, Track
from server.cases.timing import RUNS_ON, CaseClock, Timing


@dataclass(frozen=True, slots=True)
class Overrides:
    """What is otherwise than in the city's policy; None and absent targets are as they are there.

    calendar: path of the organization whose calendar counts.
    """

    limits: Mapping[TargetKind, DeadlineRule]
    ladder: tuple[LadderStep, ...] | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class SimulatedStep:
    """A step of the ladder, and the level that would have the case after it."""

    due: DueStep
    level: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """due: by target, None where the clock would not have started or would stand still. steps: those still to be taken."""

    due: Mapping[TargetKind, datetime | None]
    deadline: Deadline | None
    steps: tuple[SimulatedStep, ...]


def invented(at: datetime, severity: Severity, track: Track, level: str, organization_id: UUID) -> list[CaseEventFacts]:
    """The log of a case reported, and accepted, at a moment."""
    report = CaseEventFacts(
        kind=EventKind.REPORTED,
        version=1,
        at=at,
        to_status=CaseStatus.REPORTED,
        level=level,
        organization_id=organization_id,
        track=track,
        category="SIMULATED",
        severity=severity,
    )
    return [report, CaseEventFacts(EventKind.ACCEPTED, 2, at, CaseStatus.ACCEPTED, level)]


def simulate(clock: CaseClock, overrides: Overrides, chain: tuple[str, ...]) -> Simulation:
    """The targets and steps of a case, from its log on. chain: level codes a case climbs, highest first."""
    state = replay(clock.log)
    changed = CaseClock(_changed(clock, overrides, state.severity), clock.log, overrides.calendar or clock.path)
    deadlines = {
        kind: changed.deadline(state.severity, kind)
        for kind in TargetKind
        if changed.limits.rule(kind, state.severity) is not None
    }
    deadline = deadlines.get(TargetKind.CONCLUDE)
    due = {kind: found.due_at if found else None for kind, found in deadlines.items()}
    return Simulation(due, deadline, _steps(changed, state, deadline, chain))


def _changed(clock: CaseClock, overrides: Overrides, severity: Severity) -> Timing:
    limits, timing = clock.limits, clock.timing
    targets: dict[TargetKind, Limits] = {
        kind: {**limits.targets.get(kind, {}), severity: rule}
        for kind, rule in overrides.limits.items()
        if kind is not TargetKind.CONCLUDE
    }
    rule = overrides.limits.get(TargetKind.CONCLUDE, limits.rules.get(severity))
    policy = DeadlinePolicy(
        rules={**limits.rules, severity: rule},
        starts_from=limits.starts_from,
        targets={**limits.targets, **targets},
        pauses_in=limits.pauses_in,
    )
    ladder = timing.ladder if overrides.ladder is None else with_deadline(overrides.ladder)
    return replace(timing, deadlines=policy, tracks={}, ladder=ladder)


def _steps(
    clock: CaseClock,
    state: CaseFacts,
    deadline: Deadline | None,
    chain: tuple[str, ...],
) -> tuple[SimulatedStep, ...]:
    start = clock.started_at()
    if start is None or deadline is None or deadline.due_at is None:
        return ()
    rule = clock.limits.rule(TargetKind.CONCLUDE, state.severity) or RUNS_ON
    level, found = state.level, []
    for due in steps_of(start, deadline.due_at, clock.timing.ladder, clock.clock(rule))[state.ladder_steps :]:
        if due.step.action is LadderAction.CLIMB and level in chain[1:]:
            level = chain[chain.index(level) - 1]
        found.append(SimulatedStep(due, level))
    return tuple(found)
