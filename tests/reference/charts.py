"""Counts by key: the rows of a connection in groups, the largest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference.asking import Args, Asking
from tests.reference.filters import in_force
from tests.reference.rows import Row

Groups = Callable[[Asking, Row], set[Any]]
Names = Callable[[Asking, Any], tuple[str | None, str | None]]


def _column(name: str) -> Groups:
    return lambda _asking, row: {row[name]}


def _referred(name: str, right: str) -> Groups:
    """What a column refers to; nothing for whoever may not read it."""
    return lambda asking, row: {row[name] if asking.me.may(right) else None}


def _month(name: str) -> Groups:
    """The calendar month; of an instant, in the city's time zone."""

    def month(asking: Asking, row: Row) -> set[Any]:
        value = row[name]
        if isinstance(value, datetime):
            value = value.astimezone(ZoneInfo(asking.world.tenant["time_zone"]))
        return {None if value is None else f"{value.year:04}-{value.month:02}"}

    return month


def _roles(asking: Asking, row: Row) -> set[Any]:
    """The roles a member holds now; a member without any counts in the group without a key."""
    held = asking.world.where("appointment", "member_id", row["id"])
    return {found["role"] for found in held if in_force(asking, found)} or {None}


def _word(_asking: Asking, value: Any) -> tuple[str | None, str | None]:
    return None if value is None else str(value), None


def _thing(prefix: str, table: str) -> Names:
    """Key and label of what is referred to."""

    def names(asking: Asking, value: Any) -> tuple[str | None, str | None]:
        row = asking.world.one(table, value)
        if row is None:
            return None, None
        return f"{prefix}_{value}", row["name"]

    return names


_ORGANIZATION = (_referred("organization_id", "organization:read"), _thing("org", "organization"))
_QUEUE = (_referred("queue_id", "organization:read"), _thing("org", "organization"))
_GRID = (_referred("grid_id", "grid:read"), _thing("grid", "grid"))

KEYS: dict[str, dict[str, tuple[Groups, Names]]] = {
    "ActivityKey": {
        "STATUS": (_column("status"), _word),
        "THEME": (_column("theme"), _word),
        "ORGANIZATION": _ORGANIZATION,
        "MONTH_STARTS": (_month("starts_at"), _word),
    },
    "CaseKey": {
        **{word: (_column(word.lower()), _word) for word in ("STATUS", "SEVERITY", "TRACK", "CATEGORY", "CONTAINMENT")},
        **{word: (_column(word.lower()), _word) for word in ("RATING", "LEVEL", "SUPERVISION", "SOURCE", "ORIGIN")},
        "QUEUE": _QUEUE,
        "GRID": _GRID,
        "ORGANIZATION": _ORGANIZATION,
        "MONTH_REPORTED": (_month("reported_at"), _word),
    },
    "CaseTaskKey": {"STATUS": (_column("status"), _word), "ORGANIZATION": _ORGANIZATION},
    "GridKey": {"KIND": (_column("kind"), _word), "ORGANIZATION": _ORGANIZATION},
    "HourEntryKey": {"STATUS": (_column("status"), _word), "MONTH_SERVED": (_month("served_on"), _word)},
    "ListMeasureKey": {"GRID": _GRID},
    "ListProblemKey": {
        "CATEGORY": (_column("category"), _word),
        "GRID": _GRID,
        "MONTH_ADDED": (_month("added_at"), _word),
    },
    "ListResponsibilityKey": {"GRID": _GRID, "ORGANIZATION": _ORGANIZATION},
    "MemberKey": {"ROLE": (_roles, _word), "ORGANIZATION": _ORGANIZATION},
    "OrganizationKey": {"LEVEL": (_column("level"), _word), "KIND": (_column("kind"), _word)},
    "VolunteerKey": {
        "STARS": (_column("stars"), _word),
        "ORGANIZATION": _ORGANIZATION,
        "MONTH_REGISTERED": (_month("registered_at"), _word),
    },
}


def count_by(asking: Asking, rows: list[Row], keys: str, args: Args) -> list[dict[str, Any]]:
    """The largest groups of the rows; those of one size by key, the one without a key last."""
    groups_of, names = KEYS[keys][args["key"]]
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        for value in groups_of(asking, row):
            groups.setdefault(value, []).append(row)
    bars = []
    for value, found in groups.items():
        key, label = names(asking, value)
        minutes = sum(row.get("minutes", 0) for row in found)
        bars.append({"key": key, "label": label, "count": len(found), "minutes": minutes})
    bars.sort(key=lambda bar: (-bar["count"], bar["key"] is None, bar["key"] or ""))
    return bars[: args["first"]]
