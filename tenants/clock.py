"""The clocks: every instant in the program comes from here, in UTC and aware."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select

from tenants.sessions import WriteSession


def now() -> datetime:
    """The present instant, timezone-aware UTC with microseconds."""
    return datetime.now(UTC)


async def database_now(session: WriteSession) -> datetime:
    """When the session's transaction began, by the database's clock: the one to compare what several processes do."""
    at: datetime | None = await session.scalar(select(func.now()))
    if at is None:
        message = "a database knows the time"
        raise RuntimeError(message)
    return at
