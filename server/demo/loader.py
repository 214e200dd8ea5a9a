"""Loads the demo data: each city in one transaction, so that an interrupted load leaves nothing of the city it was at.

A counter row of the city says that it was loaded; it is what makes a second load do nothing.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from uuid import UUID

from sqlalchemy import select, text

from server.demo import accounts, casework, health, listing, people, places, plans, volunteering
from server.demo.accounts import DemoAccount
from server.demo.desk import Desk
from server.demo.plans import CityPlan
from server.events.record import audit, next_number
from server.settings import Settings, require
from tenants.clock import now
from tenants.context import Actor, system_actor
from tenants.keys import Keyring
from tenants.manifest import shipped
from tenants.manifest.model import Manifest
from tenants.models import TenantCounter
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database, WriteSession

Progress = Callable[[str], None]

MARKER = "demo"
_LOADER = "demo data"
_WHY = "the demo data are loaded with it"
_LONGEST_STATEMENT_MS = 120_000
# While the database writes one city down, the next is being made up.
_AT_ONCE = 2


async def load(settings: Settings, progress: Progress) -> list[DemoAccount]:
    """Fill the shipped cities at ``settings.scale`` and return the accounts to try, the platform operator's first.

    A city that was loaded before, at whatever scale, is left as it is. Errors: ``SettingsError``; NotFound for a city
    that is not on board.
    """
    secret = require(settings.secret, "CIVICGRID_SECRET", _WHY).get_secret_value()
    database = await Database.connect(
        require(settings.database_url, "DATABASE_URL", _WHY),
        read_pool_size=1,
        # A transaction for each city under way, and one beside them that reads the registry.
        write_pool_size=_AT_ONCE + 1,
        statement_timeout_ms=_LONGEST_STATEMENT_MS,
    )
    try:
        cities = plans.FULL if settings.scale == "full" else plans.SMALL
        said: list[str] = []

        def tell(line: str) -> None:
            said.append(line)
            progress(line)

        found = await load_cities(database, secret, cities, tell)
    finally:
        await database.close()
    # Of a city that was there before there is nothing to tell.
    if said and settings.owner_database_url is not None:
        progress("statistics")
        await _analyze(settings.owner_database_url)
    return found


async def _analyze(owner_url: str) -> None:
    """Let the planner know how much there is now; the server would in its own time. Only owners may."""
    owner = await Database.connect(
        owner_url, read_pool_size=1, write_pool_size=1, statement_timeout_ms=_LONGEST_STATEMENT_MS
    )
    try:
        async with owner.across() as session:
            await session.execute(text("analyze"))
    finally:
        await owner.close()


async def load_cities(
    database: Database,
    secret: str,
    cities: Mapping[str, CityPlan],
    progress: Progress,
) -> list[DemoAccount]:
    """The same for plans by slug; ``database`` is of the application's role."""
    registry = Registry(database)
    password, keyring = accounts.password_of(secret), Keyring(secret, database)
    places_free = asyncio.Semaphore(_AT_ONCE)

    async def fill(slug: str, plan: CityPlan) -> list[DemoAccount]:
        async with places_free:
            tenant = await registry.by_slug(slug)
            manifest = await registry.manifest(tenant.id)
            return await _city(database, tenant, manifest, plan, keyring, password, progress)

    found = await _platform(database, await registry.by_slug(shipped.PLATFORM), password)
    try:
        with _counting_references_only():
            async with asyncio.TaskGroup() as group:
                # The big ones first: whoever waits, waits for them.
                by_size = sorted(cities.items(), key=lambda item: item[1].size, reverse=True)
                tasks = {slug: group.create_task(fill(slug, plan)) for slug, plan in by_size}
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return found + [account for slug in cities for account in tasks[slug].result()]


@contextmanager
def _counting_references_only() -> Iterator[None]:
    """Hundreds of thousands of rows live and none of them in a cycle: looking for cycles takes a quarter of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


async def _platform(database: Database, tenant: TenantInfo, password: str) -> list[DemoAccount]:
    actor = system_actor(tenant.id, name=_LOADER)
    async with database.write(tenant.id) as session:
        if await _is_ours_to_load(session, tenant.id):
            await accounts.open_operator(session, password, actor)
        return await accounts.opened(session, tenant.slug, password, actor)


async def _city(
    database: Database,
    tenant: TenantInfo,
    manifest: Manifest,
    plan: CityPlan,
    keyring: Keyring,
    password: str,
    progress: Progress,
) -> list[DemoAccount]:
    actor = system_actor(tenant.id, name=_LOADER)
    async with database.write(tenant.id) as session:
        if await _is_ours_to_load(session, tenant.id):
            random = Random(plan.seed)  # noqa: S311 - invented data, no secret
            await _fill(Desk(session, tenant.id, manifest, plan, random, now(), progress), keyring, password, actor)
        return await accounts.opened(session, tenant.slug, password, actor)


async def _fill(desk: Desk, keyring: Keyring, password: str, actor: Actor) -> None:
    desk.say("places")
    found = await places.survey(desk)
    desk.say("people")
    staff = await people.populate(desk, found)
    desk.say("accounts")
    await accounts.open_accounts(desk, accounts.holders(staff, found), password, actor)
    desk.say("volunteers")
    await volunteering.volunteer(desk, found, staff)
    desk.say("health checks")
    await health.check_up(desk, staff, keyring)
    desk.say("cases")
    await casework.report_cases(desk, found, staff)
    await listing.keep_lists(desk, found, staff)
    _note(desk, actor)


def _note(desk: Desk, actor: Actor) -> None:
    """One line of the audit for the whole load: nobody did these things one by one."""
    audit(
        desk.session,
        action="demo:load",
        object_type="tenant",
        object_id=desk.tenant_id,
        actor=actor,
        detail={"seed": desk.plan.seed},
    )


async def _is_ours_to_load(session: WriteSession, tenant_id: UUID) -> bool:
    """Whether the tenant has no demo data; then it is marked as loaded, as of this transaction.

    Of two that load at once the second waits here for the first.
    """
    marker = select(TenantCounter.last).where(TenantCounter.tenant_id == tenant_id, TenantCounter.name == MARKER)
    if await session.scalar(marker) is not None:
        return False
    return await next_number(session, tenant_id, MARKER) == 1
