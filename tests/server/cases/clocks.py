"""Logs and timings for tests of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from server.cases.calendars import DayName, Hours, WorkCalendar
from server.cases.clocks import Unit
from server.cases.deadlines import DeadlinePolicy, DeadlineRule
from server.cases.ladders import LadderStep, with_deadline
from server.cases.replay import CaseEventFacts
from server.cases.states import CaseStatus, EventKind, Handling, Severity, Track
from server.cases.timing import CaseClock, Timing

SHANGHAI = ZoneInfo("Asia/Shanghai")
GRID, COMMUNITY, CITY_HALL = UUID(int=1), UUID(int=2), UUID(int=3)
PATH = "town/east/grid-1/"
OFFICE = (Hours(8 * 60 + 30, 12 * 60), Hours(14 * 60, 17 * 60 + 30))
HOLIDAY = DayName("国庆节", "National Day")
TEN_DAYS = DeadlineRule(10, Unit.DAYS)

# Invented days off: the rules must be right for any calendar, so these need not be a real year's.
CITY = WorkCalendar(
    SHANGHAI,
    (OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ()),
    known_through=date(2026, 12, 31),
    holidays={date(2026, 10, 1): HOLIDAY, date(2026, 10, 2): HOLIDAY},
    make_up_days={date(2026, 10, 11): DayName("补班", "for 2 October")},
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def reported(at: str, severity: Severity = Severity.GENERAL) -> CaseEventFacts:
    """The first event of a case of the lowest level."""
    return CaseEventFacts(
        kind=EventKind.REPORTED,
        version=1,
        at=local(at),
        to_status=CaseStatus.REPORTED,
        level="grid",
        organization_id=GRID,
        track=Track.DISPUTE,
        category="NOISE",
        severity=severity,
    )


Line = tuple[EventKind, str, CaseStatus] | tuple[EventKind, str, CaseStatus, dict[str, object]]


def log(first: str, *lines: Line) -> list[CaseEventFacts]:
    """A report and what came after it: kind, local time, state, further values."""
    events = [reported(first)]
    for version, (kind, at, status, *rest) in enumerate(lines, start=2):
        values: dict[str, object] = {"level": events[-1].level, **(rest[0] if rest else {})}
        events.append(
            CaseEventFacts(kind=kind, version=version, at=local(at), to_status=status, **values)  # type: ignore[arg-type]  # by name
        )
    return events


def timing(
    policy: DeadlinePolicy | None = None,
    *steps: LadderStep,
    calendar: WorkCalendar = CITY,
) -> Timing:
    """Ten days for general matters, unless told otherwise."""
    return Timing(policy or DeadlinePolicy({Severity.GENERAL: TEN_DAYS}), with_deadline(steps), calendar)


def clock(events: list[CaseEventFacts], of: Timing | None = None) -> CaseClock:
    return CaseClock(of or timing(), events, PATH)


def mediating(at: str) -> Line:
    """Mediation begins."""
    return (EventKind.PROGRESSED, at, CaseStatus.IN_PROGRESS, {"handling": Handling.MEDIATING})


def visiting(at: str) -> Line:
    """Mediation is over: somebody goes out again."""
    return (EventKind.PROGRESSED, at, CaseStatus.IN_PROGRESS, {"handling": Handling.VISITING})
