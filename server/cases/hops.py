"""How long each organization had a case: every minute from the report to the conclusion in exactly one place.

The whole is measured in the calendar of the present course, whoever had the case: otherwise the parts would not add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.cases.clocks import Clock, Unit
from server.cases.courses import pauses_of, states_of
from server.cases.states import UNRESOLVED
from server.cases.timing import CaseClock

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Stay:
    """The time of one organization with a case.

    until: None while it has the case. calendar_minutes: all of it. paused_minutes: in which the clocks stood still.
    working_minutes: of working time, without pauses. Minutes are of the sums so far, so that they add up.
    """

    organization_id: UUID
    level: str
    since: datetime
    until: datetime | None
    calendar_minutes: int
    working_minutes: int
    paused_minutes: int


@dataclass(slots=True)
class _Open:
    organization_id: UUID
    level: str
    since: datetime


def stays_of(clock: CaseClock, at: datetime) -> tuple[Stay, ...]:
    """Who had the case, in order, as of a moment; nobody has it between its conclusion and a reopening."""
    pauses = pauses_of(clock.log, clock.limits.pauses_in)
    calendar = clock.timing.calendar_at(clock.path)
    worked = Clock(Unit.WORKING_HOURS, calendar, pauses)
    running = Clock(Unit.HOURS, calendar, pauses)
    sums = [timedelta()] * 3
    found: list[Stay] = []
    for held, until in _intervals(clock):
        end = until or max(at, held.since)
        parts = (end - held.since, worked.between(held.since, end), running.paused(held.since, end))
        totals = [before + part for before, part in zip(sums, parts, strict=True)]
        minutes = [total // _MINUTE - before // _MINUTE for before, total in zip(sums, totals, strict=True)]
        found.append(Stay(held.organization_id, held.level, held.since, until, *minutes))
        sums = totals
    return tuple(found)


def _intervals(clock: CaseClock) -> Iterator[tuple[_Open, datetime | None]]:
    held: _Open | None = None
    for event, state in states_of(clock.log):
        has_it = state.status in UNRESOLVED
        if held is not None and (not has_it or state.organization_id != held.organization_id):
            yield held, event.at
            held = None
        if held is None and has_it:
            held = _Open(state.organization_id, state.level, event.at)
    if held is not None:
        yield held, None
