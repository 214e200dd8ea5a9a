from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from server.applications.actors import Applications
from server.applications.tokens import ApplicationTokens
from tests.conftest import SECRET
from tests.fixtures.town import Town, founded, town

__all__ = ["founded", "town"]


class Clock:
    """The time of day and the seconds since start, moved by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.seconds = 100.0

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def process(town: Town, clock: Clock) -> AsyncIterator[Applications]:
    """The applications of a process of its own, beside the one of the town."""
    found = Applications(
        town.services.database,
        town.services.registry,
        town.services.throttle,
        ApplicationTokens(SECRET),
        now=lambda: clock.now,
        ticks=lambda: clock.seconds,
    )
    yield found
    await found.close()
