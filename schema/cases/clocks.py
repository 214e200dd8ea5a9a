"""What is made of a case's log for clients: its deadline line by line, its targets, who had it for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from schema.context import Context
from server.cases.clocks import Span
from server.cases.deadlines import told
from server.cases.events import facts_of
from server.cases.histories import LOGGED
from server.cases.hops import stays_of
from server.cases.replay import CaseEventFacts, replay
from server.cases.service.policy import policy_of
from server.cases.states import CaseFacts
from server.cases.targets import targets_of
from server.cases.timing import CaseClock, Timing
from tenants.clock import now
from tenants.ids import public_id

MOST_HOPS = 50
_MINUTE = timedelta(minutes=1)


async def explain(context: Context, values: list[Any]) -> list[Any]:
    """The lines of each deadline."""
    return await _each(context, values, lambda read: _explained(read, context.language))


async def warn(context: Context, values: list[Any]) -> list[Any]:
    """The warnings of each deadline."""
    return await _each(context, values, _warned)


async def remain(context: Context, values: list[Any]) -> list[Any]:
    """The whole minutes left on each clock, rounded down; those of a concluded case when it was concluded."""

    def of(read: _Read) -> int | None:
        left = read.clock.remaining(read.state.severity, read.due_at, read.ended_at or read.now)
        return None if left is None else left // _MINUTE

    return await _each(context, values, of)


async def pause(context: Context, values: list[Any]) -> list[Any]:
    """Since when each clock stands still."""
    return await _each(context, values, lambda read: read.clock.paused_since())


async def aim(context: Context, values: list[Any]) -> list[Any]:
    """The targets of each case."""
    return await _each(context, values, _aimed)


async def hop(context: Context, values: list[Any]) -> list[Any]:
    """The hops of each case, the newest of very many."""
    return await _each(context, values, _hopped)


class _Read:
    """A case as it was read, with its clocks."""

    def __init__(self, value: Any, timing: Timing, at: datetime) -> None:
        path, due_at, ended_at, log = value
        self.clock = CaseClock(timing, log_of(log), path)
        self.state: CaseFacts = replay(self.clock.log)
        self.due_at = _instant(due_at)
        self.ended_at = _instant(ended_at)
        self.now = at


def log_of(events: list[list[Any]]) -> tuple[CaseEventFacts, ...]:
    """The log that ``histories.history`` gives of a case, oldest first."""
    lines = (dict(zip(LOGGED, event, strict=True)) for event in events)
    facts = (facts_of(**{**line, "at": datetime.fromisoformat(line["at"])}) for line in lines)
    return tuple(sorted(facts, key=lambda event: event.version))


async def _each(context: Context, values: list[Any], tell: Callable[[_Read], Any]) -> list[Any]:
    timing = policy_of(await context.services.registry.manifest(context.require_actor().tenant_id)).timing
    at = now()
    return [tell(_Read(value, timing, at)) for value in values]


def _explained(read: _Read, language: str) -> list[dict[str, Any]]:
    deadline = read.clock.explained(read.state.severity, read.due_at)
    if deadline is None:
        return []
    zone = read.clock.timing.calendar_at(read.clock.path).time_zone
    return [_line(line, language, zone) for line in told(deadline.explain, read.ended_at or read.now)]


def _line(line: Span, language: str, zone: Any) -> dict[str, Any]:
    return {
        "day": line.day,
        "startsAt": line.starts_at.astimezone(zone),
        "endsAt": line.ends_at.astimezone(zone),
        "hours": line.hours,
        "reason": line.reason.value,
        "name": line.name.in_language(language) if line.name else line.word,
    }


def _warned(read: _Read) -> list[dict[str, Any]]:
    deadline = read.clock.explained(read.state.severity, read.due_at)
    warnings = deadline.warnings if deadline else ()
    return [{"code": warning.code, "firstDay": warning.first_day} for warning in warnings]


def _aimed(read: _Read) -> list[dict[str, Any]]:
    return [
        {
            "kind": target.kind.value,
            "dueAt": target.due_at,
            "metAt": target.met_at,
            "missed": target.missed(read.now),
        }
        for target in targets_of(read.clock, read.state, read.due_at)
    ]


def _hopped(read: _Read) -> list[dict[str, Any]]:
    return [
        {
            "organizationId": public_id("org", stay.organization_id),
            "level": stay.level,
            "since": stay.since,
            "until": stay.until,
            "calendarMinutes": stay.calendar_minutes,
            "workingMinutes": stay.working_minutes,
            "pausedMinutes": stay.paused_minutes,
        }
        for stay in stays_of(read.clock, read.now)[-MOST_HOPS:]
    ]


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
