"""What a city's manifest says about time: limits, ladder and calendars, as the values the clocks are made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from server.cases.calendars import CalendarChange, DayName, Hours, WorkCalendar
from server.cases.clocks import Unit
from server.cases.deadlines import ClockStart, DeadlinePolicy, DeadlineRule, Limits, TargetKind
from server.cases.ladders import LadderAction, LadderStep, with_deadline
from server.cases.states import Severity, Track
from server.cases.timing import Timing
from tenants.manifest.calendar import WEEKDAYS, NamedDay, OrganizationCalendar
from tenants.manifest.casework import Deadlines, TimeLimit
from tenants.manifest.casework import LadderStep as StepPart
from tenants.manifest.model import Manifest
from tenants.manifest.words import Severity as SeverityWord

_WEEK = range(len(WEEKDAYS))


def timing_of(manifest: Manifest) -> Timing:
    """Everything a deadline of the city is computed from."""
    own = {
        Track(part.track.value): deadlines_of(
            part.deadlines or manifest.deadlines,
            frozenset(word.value for word in part.pauses_in),
        )
        for part in manifest.case_templates
        if part.deadlines is not None or part.pauses_in
    }
    return Timing(
        deadlines=deadlines_of(manifest.deadlines),
        ladder=with_deadline(tuple(_step(part) for part in manifest.escalation_ladder.steps)),
        calendar=calendar_of(manifest),
        tracks=own,
        organizations={part.organization: _change(part) for part in manifest.calendars},
    )


def calendar_of(manifest: Manifest) -> WorkCalendar:
    """The city's working time."""
    calendar = manifest.work_calendar
    return WorkCalendar(
        time_zone=ZoneInfo(manifest.time_zone),
        weekly=tuple(tuple(Hours(start, end) for start, end in calendar.weekly.spans(weekday)) for weekday in _WEEK),
        known_through=calendar.known_through,
        holidays=_named(calendar.holidays),
        make_up_days=_named(calendar.make_up_days),
    )


def deadlines_of(part: Deadlines, pauses_in: frozenset[str] = frozenset()) -> DeadlinePolicy:
    """The limits of a track, or of all without limits of their own."""
    return DeadlinePolicy(
        rules=_limits(part.limits),
        starts_from=ClockStart(part.starts_from.value),
        targets={TargetKind(target.value): _limits(limits) for target, limits in part.targets.items()},
        pauses_in=pauses_in,
    )


def _change(part: OrganizationCalendar) -> CalendarChange:
    own = [part.weekly.spans(weekday) for weekday in _WEEK]
    return CalendarChange(
        weekly=tuple(None if spans is None else tuple(Hours(start, end) for start, end in spans) for spans in own),
        known_through=part.known_through,
        time_zone=None if part.time_zone is None else ZoneInfo(part.time_zone),
        holidays=_named(part.holidays),
        make_up_days=_named(part.make_up_days),
    )


def _step(part: StepPart) -> LadderStep:
    return LadderStep(
        after_share_percent=part.after_share_percent,
        after=_limit(part.after),
        action=LadderAction(part.action.value),
        notify_roles=part.notify_roles,
    )


def _limits(part: Mapping[SeverityWord, TimeLimit | None]) -> Limits:
    return {Severity(severity.value): _limit(limit) for severity, limit in part.items()}


def _limit(part: TimeLimit | None) -> DeadlineRule | None:
    return None if part is None else DeadlineRule(part.amount, Unit(part.unit.value))


def _named(days: tuple[NamedDay, ...]) -> Mapping[date, DayName]:
    return {day.on: DayName(day.name.zh_cn, day.name.en) for day in days}
