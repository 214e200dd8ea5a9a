"""The one clock: every instant in the program comes from here, in UTC and aware."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, timezone-aware UTC with microseconds."""
    return datetime.now(UTC)
