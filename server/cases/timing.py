"""Everything the clocks of a city's cases depend on, as one value: two that are equal give equal deadlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.cases.calendars import CalendarChange, WorkCalendar
from server.cases.clocks import NEVER, Clock, Unit
from server.cases.courses import first_course, pauses_of, started_at
from server.cases.deadlines import Deadline, DeadlinePolicy, DeadlineRule, TargetKind, due_at
from server.cases.ladders import DueStep, LadderStep, steps_of
from server.cases.replay import CaseEventFacts
from server.cases.states import CaseFacts, Severity, Track

RUNS_ON = DeadlineRule(1, Unit.DAYS)


@dataclass(frozen=True, slots=True)
class Timing:
    """The limits, the ladder and the calendars of one city.

    deadlines: of tracks without limits of their own. tracks: those of the others, and of every track that pauses.
    ladder: with the step at the deadline itself. calendar: the city's. organizations: by path, what is otherwise there
    and below.
    """

    deadlines: DeadlinePolicy
    ladder: tuple[LadderStep, ...]
    calendar: WorkCalendar
    tracks: Mapping[Track, DeadlinePolicy] = field(default_factory=dict)
    organizations: Mapping[str, CalendarChange] = field(default_factory=dict)

    def limits(self, track: Track) -> DeadlinePolicy:
        """The limits of a track, also of one that is no longer offered."""
        return self.tracks.get(track, self.deadlines)

    def calendar_at(self, path: str) -> WorkCalendar:
        """The calendar of an organization: the city's, changed by everything said above it and about itself."""
        calendar = self.calendar
        for place in sorted(self.organizations, key=len):
            if path.startswith(place):
                calendar = calendar.changed_by(self.organizations[place])
        return calendar


@dataclass(frozen=True, slots=True)
class CaseClock:
    """The clocks of one case, from its log.

    path: of the organization whose calendar the present course runs on, which is the one that had the case when the
    course began: a deadline that was promised does not move when the case is handed on, and nobody wins time by it.
    """

    timing: Timing
    log: Sequence[CaseEventFacts]
    path: str

    @property
    def limits(self) -> DeadlinePolicy:
        """The limits of the case's track."""
        track = self.log[0].track
        return self.timing.deadlines if track is None else self.timing.limits(track)

    def started_at(self, kind: TargetKind = TargetKind.CONCLUDE) -> datetime | None:
        """When the clock of a target started; None when it waits for the acceptance."""
        if kind in {TargetKind.ACCEPT, TargetKind.FIRST_REPLY}:
            return self.log[0].at
        log = self.log if kind is TargetKind.CONCLUDE else first_course(self.log)
        return started_at(log, self.limits.starts_from)

    def clock(self, rule: DeadlineRule) -> Clock:
        """The clock that a rule is counted by."""
        return Clock(rule.unit, self.timing.calendar_at(self.path), pauses_of(self.log, self.limits.pauses_in))

    def deadline(self, severity: Severity, kind: TargetKind = TargetKind.CONCLUDE) -> Deadline | None:
        """When a target is due; None without a limit for the severity, or before its clock starts."""
        rule, start = self.limits.rule(kind, severity), self.started_at(kind)
        if rule is None or start is None:
            return None
        clock = self.clock(rule)
        return due_at(start, rule.amount, rule.unit, clock.calendar, clock.pauses)

    def explained(self, severity: Severity, due: datetime | None) -> Deadline | None:
        """The deadline with its lines; those of one that was kept although the rules changed lead to it all the same."""
        start, deadline = self.started_at(), self.deadline(severity)
        if start is None or (deadline is None and due is None):
            return None
        if due is None or (deadline is not None and deadline.due_at == due):
            return deadline
        clock = self.clock(self.limits.rule(TargetKind.CONCLUDE, severity) or RUNS_ON)
        begin = min(clock.first_counted(start), due)
        return Deadline(due, clock.lines(begin, due), (), clock.between(begin, due))

    def remaining(self, severity: Severity, due: datetime | None, at: datetime) -> timedelta | None:
        """What is left on the clock at a moment: working time where work is counted, negative once the deadline passed."""
        start, rule = self.started_at(), self.limits.rule(TargetKind.CONCLUDE, severity)
        clock = self.clock(rule or RUNS_ON)
        if due is not None:
            return clock.between(at, due) if at <= due else -clock.between(due, at)
        if start is None or rule is None:
            return None
        return due_at(start, rule.amount, rule.unit, clock.calendar).allowed - clock.between(
            clock.first_counted(start), at
        )

    def paused_since(self) -> datetime | None:
        """Since when the clocks stand still; None while they run."""
        newest = pauses_of(self.log, self.limits.pauses_in)[-1:]
        return next((pause.starts_at for pause in newest if pause.ends_at == NEVER), None)

    def next_step(self, state: CaseFacts, due: datetime | None) -> DueStep | None:
        """The first of steps_left; None when there is none to take."""
        left = self.steps_left(state, due)
        return left[0] if left else None

    def steps_left(self, state: CaseFacts, due: datetime | None) -> tuple[DueStep, ...]:
        """The steps of the ladder after those taken in the present course, in the order of time."""
        start = self.started_at()
        if start is None or due is None:
            return ()
        return steps_of(start, due, self.timing.ladder, self.clock(self._rule(state)))[state.ladder_steps :]

    def _rule(self, state: CaseFacts) -> DeadlineRule:
        # A deadline that stands although its severity lost the limit is counted in time that runs on.
        return self.limits.rule(TargetKind.CONCLUDE, state.severity) or RUNS_ON
