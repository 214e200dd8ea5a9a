"""What a decision costs: cached, uncached and after a change, for 500 cities, beside plain Casbin's own ``enforce``.

Each city has 60 rules over 10 roles in PostgreSQL; 10,000 members hold one to three appointments among them. Membership is
never loaded into Casbin; plain Casbin gets the rules of one city, of 50 cities, and no membership either.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from collections.abc import Coroutine
from statistics import median
from uuid import uuid4

import asyncpg
import casbin

from bench.console import figure, say
from migrations import roles, runner
from server.embedded.services import Services
from tenants.authz import MODEL, Authorizer, Rule, _Tokens, access_of, authorize
from tenants.context import Actor, Grant
from tenants.errors import NotPermitted
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.registry import TenantInfo
from tenants.sessions import Database

TENANTS, RULES, MEMBERS = 500, 60, 10_000
_ROLES = 10
_DECISIONS = 100_000
_PLAIN_CITIES = 50  # plain Casbin compares each rule it is given with all it has: 500 cities take minutes to load
_AT_ONCE = 16
_TURN_SECONDS, _NEW_OBJECTS = 0.0005, 5_000  # as server.main sets them
_IDLE_SECONDS = 10  # what the machine itself takes from a loop that has nothing to do, for comparison
_SECRET = "a secret of the bench, long enough for anybody"  # noqa: S105 - nobody's
_LIMITS = {"cached_p99_us": 50.0, "uncached_ms_per_decision": 1.0, "event_loop_block_ms": 20.0}


def run(running: Services) -> None:
    """Print the figures of decisions, with their limits."""
    asyncio.run(_run(running))


async def _run(running: Services) -> None:
    chance = random.Random(1)  # noqa: S311 - the same cities each time
    policies = [_policy(chance) for _ in range(TENANTS)]
    name = f"bench_{uuid4().hex}"
    urls = await roles.prepare(running.database_admin_url, secret=_SECRET, database=name)
    try:
        say(f"authorization: {TENANTS} cities of {RULES} rules")
        await runner.upgrade(urls.owner)
        cities = await _fill(urls.operator, policies)
        database = await Database.connect(urls.app, read_pool_size=4, write_pool_size=4)
        try:
            await _measure(Authorizer(database), cities, policies, chance)
        finally:
            await database.close()
    finally:
        admin = await asyncpg.connect(running.database_admin_url)
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.close()


async def _measure(
    authorizer: Authorizer,
    cities: list[TenantInfo],
    policies: list[list[Rule]],
    chance: random.Random,
) -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 10, 10)
    sys.setswitchinterval(_TURN_SECONDS)
    say("authorization: first touches, one after the other")
    alone = [await _timed(authorizer, city) for city in cities[:100]]
    idle_block = await _blocked_by(asyncio.sleep(_IDLE_SECONDS))
    say("authorization: first touches and reloads, several at once")
    first_ms, first_block = await _together(authorizer, cities)
    again = [_reloaded(city) for city in cities]
    reload_ms, reload_block = await _together(authorizer, again)
    say("authorization: decisions")
    actors = [await _actor(authorizer, chance.choice(again), chance) for _ in range(MEMBERS)]
    taken = _decided(actors, chance)
    figure(
        bench="authorization",
        tenants=TENANTS,
        rules=RULES,
        members=MEMBERS,
        cached_p50_us=round(_at(taken, 0.5), 2),
        cached_p99_us=round(_at(taken, 0.99), 2),
        first_touch_ms=round(median(alone), 2),
        uncached_ms_per_decision=round(median(alone) / RULES, 3),
        all_first_ms=round(first_ms),
        all_reloaded_ms=round(reload_ms),
        event_loop_block_ms=round(max(first_block, reload_block), 1),
        idle_event_loop_block_ms=round(idle_block, 1),
        limits=_LIMITS,
        plain_casbin_one_city_us=round(_plain(policies[:1], chance, times=500), 1),
        plain_casbin_50_cities_us=round(_plain(policies[:_PLAIN_CITIES], chance, times=20), 1),
    )


def _policy(chance: random.Random) -> list[Rule]:
    pairs = [(f"role{number}", permission) for number in range(_ROLES) for permission in Permission]
    return [(role, *_words(permission)) for role, permission in chance.sample(pairs, RULES)]


def _words(permission: Permission) -> tuple[str, str]:
    object_, action = permission.value.split(":")
    return object_, action


async def _fill(operator_url: str, policies: list[list[Rule]]) -> list[TenantInfo]:
    connection = await asyncpg.connect(operator_url)
    cities = []
    try:
        for number, rules in enumerate(policies):
            city = TenantInfo(uuid7(), f"city{number}", "CITY", "ACTIVE", "Asia/Shanghai", 0, 1)
            async with connection.transaction():
                await connection.execute(
                    "insert into tenant (id, slug, kind, status, name, time_zone, manifest_version, policy_version, "
                    "created_at) values ($1, $2, 'CITY', 'ACTIVE', '{}', 'Asia/Shanghai', 0, 1, now())",
                    city.id,
                    city.slug,
                )
                await connection.execute("select set_tenant($1)", city.id)
                await connection.executemany(
                    "insert into policy_rule (tenant_id, id, role, object, action) values ($1, $2, $3, $4, $5)",
                    [(city.id, uuid7(), *rule) for rule in rules],
                )
            cities.append(city)
    finally:
        await connection.close()
    return cities


async def _timed(authorizer: Authorizer, city: TenantInfo) -> float:
    """Milliseconds until a city's policy was loaded and decided."""
    started = time.perf_counter()
    await authorizer.permissions(city)
    return (time.perf_counter() - started) * 1000


async def _together(authorizer: Authorizer, cities: list[TenantInfo]) -> tuple[float, float]:
    """Milliseconds until all cities' policies were loaded, several asked for at once, and the longest block meanwhile."""
    door = asyncio.Semaphore(_AT_ONCE)

    async def ask(city: TenantInfo) -> None:
        async with door:
            await authorizer.permissions(city)

    async def ask_all() -> None:
        await asyncio.gather(*(ask(city) for city in cities))

    started = time.perf_counter()
    block = await _blocked_by(ask_all())
    return (time.perf_counter() - started) * 1000, block


async def _blocked_by(work: Coroutine[None, None, None]) -> float:
    """The longest milliseconds for which the event loop was not free while something was done."""
    longest = 0.0
    doing = asyncio.create_task(work)
    while not doing.done():
        started = time.perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, (time.perf_counter() - started) * 1000)
        await asyncio.sleep(0.001)
    await doing
    return longest


def _reloaded(city: TenantInfo) -> TenantInfo:
    return TenantInfo(city.id, city.slug, city.kind, city.status, city.time_zone, 0, city.policy_version + 1)


async def _actor(authorizer: Authorizer, city: TenantInfo, chance: random.Random) -> Actor:
    """A member of the city with one to three appointments."""
    grants = [
        Grant(f"role{chance.randrange(_ROLES)}", "ORGANIZATION", path=f"city/street{chance.randrange(9)}/")
        for _ in range(chance.randint(1, 3))
    ]
    return Actor(tenant_id=city.id, access=access_of(grants, await authorizer.permissions(city)))


def _decided(actors: list[Actor], chance: random.Random) -> list[float]:
    """Microseconds of each of many decisions, sorted."""
    asked = [
        (chance.choice(actors), chance.choice(list(Permission)), f"city/street{chance.randrange(9)}/place/")
        for _ in range(_DECISIONS)
    ]
    taken = []
    for actor, permission, path in asked:
        started = time.perf_counter_ns()
        try:  # noqa: SIM105 - a context manager would be timed too
            authorize(actor, permission, path=path)
        except NotPermitted:
            pass
        taken.append((time.perf_counter_ns() - started) / 1000)
    return sorted(taken)


def _at(taken: list[float], share: float) -> float:
    return taken[int(len(taken) * share)]


class _Everything(_Tokens):
    """The rules of several cities in one model."""

    def __init__(self, policies: list[list[Rule]]) -> None:
        super().__init__("", ())
        self._policies = policies

    def load_policy(self, model: casbin.Model) -> None:
        for number, rules in enumerate(self._policies):
            for role, object_, action in rules:
                model.add_policy("p", "p", [role, f"city{number}", object_, action])


def _plain(policies: list[list[Rule]], chance: random.Random, *, times: int) -> float:
    """Median microseconds of plain Casbin's ``enforce`` over these cities' rules."""
    enforcer = casbin.Enforcer(str(MODEL), _Everything(policies))
    taken = []
    for _ in range(times):
        city = chance.randrange(len(policies))
        started = time.perf_counter_ns()
        enforcer.enforce(f"role{chance.randrange(_ROLES)}", f"city{city}", *_words(chance.choice(list(Permission))))
        taken.append((time.perf_counter_ns() - started) / 1000)
    return median(taken)
