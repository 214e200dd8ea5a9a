"""Two cities in one database behind the real application, with five people each: driven by a test that is not async."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from server.accounts.models import Account, SignInSession
from server.accounts.tokens import Tokens
from server.main import application
from server.main import running as running_services
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import public_id, uuid7
from tenants.manifest import shipped
from tenants.sessions import Database
from tests.conftest import SECRET, Template
from tests.proof.people import PEOPLE, RESIDENT, Person
from tests.reference.city import plenty
from tests.server.cases.towns import Town, found_town

CITIES = ("daye", "jiamusi")
CATEGORIES = {"daye": ("SANITATION", "ILLEGAL_BUILDING"), "jiamusi": ("AID", "HAZARD")}
"""Of each city a general category and a complex one."""
_ROLES = {
    "daye": "resident first_secretary posted_member community_secretary subdistrict_officer",
    "jiamusi": "resident dispatcher grid_worker community_secretary subdistrict_officer",
}
"""Of each city who does what, in the order of ``PEOPLE``."""
_LEVELS = {
    "first_secretary": "city",
    "dispatcher": "city",
    "subdistrict_officer": "subdistrict",
    "community_secretary": "community",
    "posted_member": "community",
}
_A_DAY = timedelta(days=1)

Answer = dict[str, Any]


@dataclass(slots=True)
class Realm:
    """The cities by slug, their people, and who they are to the product."""

    runner: asyncio.Runner
    http: httpx.AsyncClient
    towns: dict[str, Town] = field(default_factory=dict)
    grids: dict[str, str] = field(default_factory=dict)
    people: dict[tuple[str, str], Person] = field(default_factory=dict)
    members: dict[tuple[str, str], UUID | None] = field(default_factory=dict)
    tokens: dict[Person, str] = field(default_factory=dict)

    def ask(self, who: Person, query: str, variables: Mapping[str, Any]) -> Answer:
        """The whole body of the answer."""
        headers = {"authorization": f"Bearer {self.tokens[who]}"}
        request = self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        body: Answer = self.runner.run(_json(request))
        return body

    def organization(self, city: str, place: int) -> str:
        """The id of the organization at a place on the chain."""
        town = self.towns[city]
        return public_id("org", town.branch[town.policy.chain[place]].id)

    def member(self, city: str, name: str) -> str:
        """The id of somebody who serves."""
        found = self.members[city, name]
        assert found is not None
        return public_id("member", found)

    async def settle(self, slug: str, database: Database, operator: Database) -> None:
        """Found a city and let its people sign in."""
        town = self.towns[slug] = await found_town(database, operator, shipped.text(slug))
        grid = await town.grid(town.home, "grid-1")
        self.grids[slug] = public_id("grid", grid.id)
        for name, role in zip(PEOPLE, _ROLES[slug].split(), strict=True):
            level = _LEVELS.get(role)
            if name == RESIDENT:
                actor = await town.resident(grid)
            elif level:
                actor = await town.staff(role, at=town.branch[level], posted=role == "posted_member")
            else:
                actor = await town.staff(role, grid=grid)
            rights = frozenset(right.value for right in town.policy.roles[role])
            place = town.policy.chain.index(level) if level else None
            who = self.people[slug, name] = Person(slug, name, role, rights, place)
            self.members[slug, name] = actor.member_id
            self.tokens[who] = await signed_in(town, actor, name)


async def _json(request: Any) -> Answer:
    body: Answer = (await request).json()
    return body


async def signed_in(town: Town, actor: Actor, username: str) -> str:
    """An access token for a new account of somebody."""
    session_id, at = uuid7(), now()
    assert actor.account_id is not None
    await town.add(
        Account(
            tenant_id=town.tenant_id,
            id=actor.account_id,
            username=username,
            password_hash="none",
            member_id=actor.member_id,
            resident_id=actor.resident_id,
        ),
        SignInSession(
            tenant_id=town.tenant_id,
            id=session_id,
            account_id=actor.account_id,
            refresh_digest=b"",
            expires_at=at + _A_DAY,
        ),
    )
    tokens = Tokens(SECRET, access_lifetime=_A_DAY)
    return tokens.access(
        account_id=actor.account_id,
        tenant_id=town.tenant_id,
        session_id=session_id,
        session_ends=at + _A_DAY,
        now=at,
    )[0]


@contextmanager
def standing(migrated: Template, redis_url: str) -> Iterator[Realm]:
    """Found both cities and serve them; everything is gone afterwards."""
    with asyncio.Runner() as runner:
        name = runner.run(migrated.clone())
        urls = migrated.urls(name)
        try:
            services = running_services(plenty(urls, redis_url))
            running = runner.run(services.__aenter__())
            operator = runner.run(Database.connect(urls.operator, read_pool_size=1, write_pool_size=1))
            try:
                transport = httpx.ASGITransport(application(running))
                realm = Realm(runner, httpx.AsyncClient(transport=transport, base_url="http://civicgrid.test"))
                for slug in CITIES:
                    runner.run(realm.settle(slug, running.database, operator))
                yield realm
                runner.run(realm.http.aclose())
            finally:
                runner.run(operator.close())
                runner.run(services.__aexit__(None, None, None))
        finally:
            runner.run(migrated.administer(f'drop database "{name}" with (force)'))
