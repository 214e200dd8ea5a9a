"""Scalars with rules of their own."""

from __future__ import annotations

from datetime import UTC, datetime

import strawberry

_EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
_LATEST = datetime(9998, 12, 31, tzinfo=UTC)
INSTANT_RULES = (
    "an instant needs its offset: 2026-11-23T08:00:00+08:00 or ...Z",
    "an instant lies between the years 1 and 9998",
)


def instant(value: str) -> datetime:
    """An instant (RFC 3339) with its offset, between the years 1 and 9998; ValueError otherwise."""
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(INSTANT_RULES[0])
    if not _EARLIEST <= found.replace(tzinfo=UTC) <= _LATEST:
        raise ValueError(INSTANT_RULES[1])
    return found


DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="An instant as RFC 3339 text with its offset, for example 2026-11-23T08:00:00+08:00.",
    serialize=lambda value: value.isoformat(),
    parse_value=instant,
    specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
)
