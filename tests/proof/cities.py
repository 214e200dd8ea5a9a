"""A city that clients work in over HTTP: people with tokens, a grid, and cases whose deadlines have passed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from uuid import UUID

from migrations.roles import DatabaseUrls
from server.grids.models import Grid
from tenants.clock import now
from tenants.ids import public_id
from tenants.sessions import Database
from tests.proof.clients import Shared
from tests.proof.people import DISPATCHER, RESIDENT, WORKER
from tests.proof.realm import signed_in
from tests.server.cases.late import LADDER, late_cases, with_ladder
from tests.server.cases.towns import Town, found_town

LATE = 25
A_DAY = timedelta(days=1)


@dataclass(slots=True)
class City:
    """Jiamusi with a ladder of three steps, and who is at work there. late: cases whose steps are due."""

    town: Town
    grid: Grid
    shared: Shared
    late: list[UUID]

    async def be_late(self, chance: Random) -> None:
        """Let the deadlines of more cases have passed, so that the workers have something in hand."""
        due = [now() - A_DAY * chance.uniform(1, 2) for _ in range(LATE)]
        self.late += await late_cases(self.town, self.grid, due)


@asynccontextmanager
async def peopled(urls: DatabaseUrls, addresses: list[str]) -> AsyncIterator[City]:
    """The city in an empty database, behind these servers."""
    database = await Database.connect(urls.app, read_pool_size=1, write_pool_size=2)
    operator = await Database.connect(urls.operator, read_pool_size=1, write_pool_size=1)
    try:
        town = await found_town(database, operator, with_ladder(LADDER))
        grid = await town.grid(town.home, "grid-1")
        people = {
            RESIDENT: await town.resident(grid),
            DISPATCHER: await town.staff("dispatcher", at=town.branch["city"]),
            WORKER: await town.staff("grid_worker", grid=grid),
        }
        tokens = {name: await signed_in(town, actor, name) for name, actor in people.items()}
        shared = Shared(addresses, tokens, public_id("grid", grid.id))
        yield City(town, grid, shared, [])
    finally:
        await operator.close()
        await database.close()
