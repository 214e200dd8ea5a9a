"""The time of a case, from its log: computed by the product's pure rules, which have tests of their own.

What is held against the product here is how it reads the log, cuts the selection out and guards it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from server.cases.deadlines import told as told_lines
from server.cases.events import facts_of
from server.cases.hops import stays_of
from server.cases.replay import replay
from server.cases.service.clockwork import timing_of
from server.cases.states import CaseFacts
from server.cases.targets import targets_of
from server.cases.timing import CaseClock, Timing
from tenants.manifest import shipped
from tenants.manifest.faults import parse
from tests.reference.asking import Args, Asking
from tests.reference.rows import Row

_MOST_HOPS = 50
_LOGGED = ("kind", "version", "at", "to_status", "level", "change")


@cache
def _timing(slug: str) -> Timing:
    return timing_of(parse(shipped.text(slug)))


def _clock(asking: Asking, row: Row) -> tuple[CaseClock, CaseFacts]:
    events = sorted(asking.world.where("case_event", "case_id", row["id"]), key=lambda event: event["version"])
    log = [facts_of(**{name: event[name] for name in _LOGGED}) for event in events]
    return CaseClock(_timing(asking.world.tenant["slug"]), log, row["clock_path"] or row["custody_path"]), replay(log)


def remaining(asking: Asking, row: Row, _args: Args) -> int | None:
    clock, state = _clock(asking, row)
    left = clock.remaining(state.severity, row["due_at"], row["resolved_at"] or asking.now)
    return None if left is None else left // timedelta(minutes=1)


def paused_since(asking: Asking, row: Row, _args: Args) -> datetime | None:
    return _clock(asking, row)[0].paused_since()


def explain(asking: Asking, row: Row, _args: Args) -> list[dict[str, Any]]:
    clock, state = _clock(asking, row)
    deadline = clock.explained(state.severity, row["due_at"])
    zone = clock.timing.calendar_at(clock.path).time_zone
    lines = told_lines(deadline.explain, row["resolved_at"] or asking.now) if deadline else ()
    return [
        {
            "day": line.day.isoformat(),
            "startsAt": line.starts_at.astimezone(zone).isoformat(),
            "endsAt": line.ends_at.astimezone(zone).isoformat(),
            "hours": line.hours,
            "reason": line.reason.value,
            "name": line.name.en if line.name else line.word,
        }
        for line in lines
    ]


def warnings(asking: Asking, row: Row, _args: Args) -> list[dict[str, Any]]:
    clock, state = _clock(asking, row)
    deadline = clock.explained(state.severity, row["due_at"])
    found = deadline.warnings if deadline else ()
    return [{"code": warning.code, "firstDay": warning.first_day.isoformat()} for warning in found]


def targets(asking: Asking, row: Row, _args: Args) -> list[dict[str, Any]]:
    clock, state = _clock(asking, row)
    return [
        {
            "kind": target.kind.value,
            "dueAt": _text(target.due_at),
            "metAt": _text(target.met_at),
            "missed": target.missed(asking.now),
        }
        for target in targets_of(clock, state, row["due_at"])
    ]


def hops(asking: Asking, row: Row, _args: Args) -> list[dict[str, Any]]:
    return [
        {
            "organizationId": f"org_{stay.organization_id}",
            "level": stay.level,
            "since": _text(stay.since),
            "until": _text(stay.until),
            "calendarMinutes": stay.calendar_minutes,
            "workingMinutes": stay.working_minutes,
            "pausedMinutes": stay.paused_minutes,
        }
        for stay in stays_of(_clock(asking, row)[0], asking.now)[-_MOST_HOPS:]
    ]


def told(_asking: Asking, row: Row, _args: Args) -> list[str]:
    roles: list[str] = row["change"].get("told", [])
    return roles


def told_me(asking: Asking, row: Row, _args: Args) -> bool:
    """One of those roles is the caller's: in the whole city, in the case's grid, or where the case was then."""
    case = asking.world.one("case", row["case_id"])
    assert case is not None

    def there(path: str | None, grid: object) -> bool:
        if path is None:
            return grid is None or grid == case["grid_id"]
        places = asking.world.where("organization", "path", path)
        return case["path"].startswith(path) and any(place["level"] == row["level"] for place in places)

    return any(
        role in row["change"].get("told", []) and there(path, grid) for role, _scope, path, grid in asking.me.grants
    )


def parts(names: str) -> dict[str, Callable[..., Any]]:
    """Fields of an object that was made whole: the reference takes them by name."""

    def of(name: str) -> Callable[..., Any]:
        return lambda _asking, row, _args: row[name]

    return {name: of(name) for name in names.split()}


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
