from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import delete, event, update

from migrations.roles import DatabaseUrls
from server.accounts import actors, sessions
from server.accounts.actors import Actors
from server.accounts.models import Account, SignInSession
from server.accounts.tokens import Claims
from server.errors import Unauthenticated
from server.members.models import Appointment
from server.volunteers.models import Volunteer
from tenants.authz import Authorizer
from tenants.context import Actor, ActorKind, Grant, Reach
from tenants.ids import uuid7
from tenants.permissions import Permission
from tests.server.accounts.conftest import NOW, PATH, City, wait_for_lock

MIDNIGHT = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)  # the third of March begins in the city


class Clock:
    """The time of day and the seconds since start, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW
        self.seconds = 100.0

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def people(city: City, authorizer: Authorizer, clock: Clock) -> AsyncIterator[Actors]:
    found = Actors(
        city.database,
        city.registry,
        authorizer,
        now=lambda: clock.now,
        ticks=lambda: clock.seconds,
    )
    yield found
    await found.close()


def _claims(signed_in: sessions.SignedIn) -> Claims:
    return Claims(
        account_id=signed_in.account_id,
        tenant_id=signed_in.tenant_id,
        session_id=signed_in.session_id,
        issued_at=NOW,
        expires_at=signed_in.access_expires_at,
    )


async def _enter(city: City, password_hash: str, **person: object) -> Claims:
    """The claims of a fresh session of a new account."""
    await city.account("lin.hai", password_hash, **person)
    return _claims(await city.sign_in("lin.hai"))


async def _revoke(city: City, session_id: UUID) -> None:
    async with city.database.write(city.tenant.id) as session:
        await session.execute(
            update(SignInSession)
            .where(SignInSession.tenant_id == city.tenant.id, SignInSession.id == session_id)
            .values(revoked_at=NOW),
        )


async def _over(people: Actors, claims: Claims) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await people.of(claims, "req-1")
    assert (refused.value.code, str(refused.value)) == ("UNAUTHENTICATED", "The session is over; sign in again.")


async def test_a_member_has_the_roles_of_the_appointments(city: City, people: Actors, password_hash: str) -> None:
    organization_id = await city.organization()
    grid_id = await city.grid(organization_id)
    member_id = await city.member(organization_id)
    await city.appoint(member_id, "dispatcher", "ORGANIZATION", organization_id=organization_id)
    await city.appoint(member_id, "grid_worker", "GRID", grid_id=grid_id, ends_on=date(2026, 12, 31))
    claims = await _enter(city, password_hash, member_id=member_id)
    actor = await people.of(claims, "req-7")
    assert (actor.kind, actor.tenant_id, actor.account_id) == (ActorKind.USER, city.tenant.id, claims.account_id)
    assert (actor.session_id, actor.member_id, actor.resident_id) == (claims.session_id, member_id, None)
    assert (actor.username, actor.request_id, actor.policy_version) == ("lin.hai", "req-7", city.tenant.policy_version)
    assert actor.grants == (
        Grant(role="dispatcher", scope="ORGANIZATION", path=PATH),
        Grant(role="grid_worker", scope="GRID", grid_id=grid_id, ends_at=datetime(2026, 12, 31, 16, 0, tzinfo=UTC)),
    )
    assert actor.reach(Permission.CASE_DISPATCH) == Reach(paths=(PATH,))
    assert actor.reach(Permission.CASE_CLAIM) == Reach(grids=(grid_id,))
    assert actor.reach(Permission.CASE_READ) == Reach(paths=(PATH,), grids=(grid_id,))
    assert not actor.may(Permission.USER_CREATE)


@pytest.mark.parametrize(
    ("term", "in_force"),
    [
        ({"starts_on": date(2026, 3, 2)}, True),
        ({"starts_on": date(2026, 3, 3)}, False),
        ({"ends_on": date(2026, 3, 2)}, True),
        ({"ends_on": date(2026, 3, 1)}, False),
        ({"ended_at": NOW - timedelta(days=1)}, False),
    ],
    ids=["begins today", "begins tomorrow", "ends today", "ended yesterday", "ended early"],
)
async def test_only_appointments_in_force_today_count(
    city: City,
    people: Actors,
    password_hash: str,
    term: dict[str, date],
    in_force: bool,
) -> None:
    member_id = await city.member(await city.organization())
    await city.appoint(member_id, "analyst", **term)  # type: ignore[arg-type]  # dates of the term by name
    actor = await people.of(await _enter(city, password_hash, member_id=member_id), "req-1")
    assert actor.roles == (("analyst",) if in_force else ())
    assert actor.may(Permission.DASHBOARD_READ) is in_force


async def test_the_day_is_the_citys_day(city: City, people: Actors, clock: Clock, password_hash: str) -> None:
    member_id = await city.member(await city.organization())
    await city.appoint(member_id, "analyst", ends_on=date(2026, 3, 2))
    claims = await _enter(city, password_hash, member_id=member_id)
    clock.now = MIDNIGHT - timedelta(microseconds=1)
    assert (await people.of(claims, "req-1")).roles == ("analyst",)
    clock.now = MIDNIGHT  # still the second of March in UTC
    assert (await people.of(claims, "req-2")).roles == ()


async def test_a_member_who_left_has_no_roles(city: City, people: Actors, password_hash: str) -> None:
    member_id = await city.member(await city.organization(), status="LEFT")
    await city.appoint(member_id, "tenant_admin")
    actor = await people.of(await _enter(city, password_hash, member_id=member_id), "req-1")
    assert (actor.grants, dict(actor.access), actor.member_id) == ((), {}, None)


async def test_a_role_the_city_does_not_know_gives_nothing(city: City, people: Actors, password_hash: str) -> None:
    member_id = await city.member(await city.organization())
    await city.appoint(member_id, "emperor")
    actor = await people.of(await _enter(city, password_hash, member_id=member_id), "req-1")
    assert (actor.roles, dict(actor.access)) == (("emperor",), {})


async def test_a_resident_reaches_what_is_theirs(city: City, people: Actors, password_hash: str) -> None:
    resident_id = await city.resident(await city.grid(await city.organization()))
    actor = await people.of(await _enter(city, password_hash, resident_id=resident_id), "req-1")
    assert (actor.resident_id, actor.member_id) == (resident_id, None)
    assert actor.grants == (Grant(role="resident", scope="OWN"),)
    assert set(actor.access.values()) == {Reach(own=True)}
    assert actor.may(Permission.CASE_REPORT)


@pytest.mark.parametrize("person", ["member", "resident"])
async def test_a_registered_volunteer_is_one(city: City, people: Actors, password_hash: str, person: str) -> None:
    organization_id = await city.organization()
    if person == "member":
        who = {"member_id": await city.member(organization_id)}
    else:
        who = {"resident_id": await city.resident(await city.grid(organization_id))}
    await city.add(
        Volunteer(
            tenant_id=city.tenant.id,
            id=uuid7(),
            organization_id=organization_id,
            path=PATH,
            name="Invented",
            **who,
        ),
    )
    actor = await people.of(await _enter(city, password_hash, **who), "req-1")
    assert actor.grants[-1] == Grant(role="volunteer", scope="OWN")
    assert actor.roles == (("volunteer",) if person == "member" else ("resident", "volunteer"))


async def test_the_operator_rules_nothing_in_a_city(city: City, people: Actors, password_hash: str) -> None:
    actor = await people.of(await _enter(city, password_hash, operator=True), "req-1")
    assert (actor.grants, dict(actor.access)) == ((), {})


async def test_the_operator_is_one_on_the_platform(
    city: City,
    people: Actors,
    db_urls: DatabaseUrls,
    password_hash: str,
) -> None:
    connection = await asyncpg.connect(db_urls.operator)
    try:
        await connection.execute("update tenant set kind = 'PLATFORM' where id = $1", city.tenant.id)
    finally:
        await connection.close()
    actor = await people.of(await _enter(city, password_hash, operator=True), "req-1")
    assert actor.grants == (Grant(role="platform_operator", scope="TENANT"),)


async def test_the_signature_tells_which_persons_stand_behind_an_actor(
    city: City,
    people: Actors,
    password_hash: str,
) -> None:
    organization_id = await city.organization()
    nobody = await people.of(await _enter(city, password_hash), "req-1")
    await city.account("member", password_hash, member_id=await city.member(organization_id))
    member = await people.of(_claims(await city.sign_in("member")), "req-2")
    assert nobody.signature == (("member", False), ("resident", False))
    assert member.signature == (("member", True), ("resident", False))


async def test_an_actor_is_read_once_a_second(
    city: City,
    people: Actors,
    clock: Clock,
    password_hash: str,
) -> None:
    claims = await _enter(city, password_hash)
    first = await people.of(claims, "req-1")
    await _revoke(city, claims.session_id)
    clock.pass_(0.99)
    assert await people.of(claims, "req-2") == dataclasses.replace(first, request_id="req-2")
    clock.pass_(0.01)
    await _over(people, claims)


async def test_a_session_in_use_is_read_beside_its_requests(
    city: City,
    people: Actors,
    clock: Clock,
    db_urls: DatabaseUrls,
    password_hash: str,
) -> None:
    claims = await _enter(city, password_hash)
    await people.of(claims, "req-1")
    await _revoke(city, claims.session_id)
    clock.pass_(0.5)
    owner = await asyncpg.connect(db_urls.owner)
    try:
        async with owner.transaction():
            await owner.execute("lock table account in access exclusive mode")
            assert (await people.of(claims, "req-2")).session_id == claims.session_id
    finally:
        await owner.close()
    await people.close()
    await _over(people, claims)  # half a second sooner than promised


async def test_many_requests_of_a_session_wait_for_one_reading(
    city: City, people: Actors, clock: Clock, password_hash: str
) -> None:
    claims = await _enter(city, password_hash)
    found = await asyncio.gather(*(people.of(claims, f"req-{number}") for number in range(8)))
    assert [actor.request_id for actor in found] == [f"req-{number}" for number in range(8)]
    assert len({id(actor.access) for actor in found}) == 1
    clock.pass_(1)
    assert (await people.of(claims, "req-8")).access is not found[0].access


async def test_sign_out_in_this_process_shows_at_once(city: City, people: Actors, password_hash: str) -> None:
    claims = await _enter(city, password_hash)
    await people.of(claims, "req-1")
    await _revoke(city, claims.session_id)
    people.forget(claims.session_id)
    await _over(people, claims)


async def test_a_reading_that_a_sign_out_overtook_is_not_kept(
    city: City,
    people: Actors,
    db_urls: DatabaseUrls,
    password_hash: str,
) -> None:
    claims = await _enter(city, password_hash)
    owner = await asyncpg.connect(db_urls.owner)
    try:
        async with owner.transaction():
            await owner.execute("lock table account in access exclusive mode")
            reading = asyncio.create_task(people.of(claims, "req-1"))
            await wait_for_lock(city)
            people.forget(claims.session_id)
    finally:
        await owner.close()
    assert (await reading).session_id == claims.session_id
    assert list(people._kept) == []


async def test_a_term_ends_at_midnight_within_the_kept_second(
    city: City,
    people: Actors,
    clock: Clock,
    password_hash: str,
) -> None:
    member_id = await city.member(await city.organization())
    await city.appoint(member_id, "analyst", ends_on=date(2026, 3, 2))
    claims = await _enter(city, password_hash, member_id=member_id)
    clock.now = MIDNIGHT - timedelta(seconds=0.5)
    assert (await people.of(claims, "req-1")).may(Permission.DASHBOARD_READ)
    clock.pass_(0.5)
    assert not (await people.of(claims, "req-2")).may(Permission.DASHBOARD_READ)


async def test_a_session_ends_on_time_within_the_kept_second(
    city: City,
    people: Actors,
    clock: Clock,
    password_hash: str,
) -> None:
    claims = await _enter(city, password_hash)
    clock.now = NOW + timedelta(days=30) - timedelta(seconds=0.5)
    await people.of(claims, "req-1")
    clock.pass_(0.5)
    await _over(people, claims)


async def test_another_policy_version_is_read_anew(
    city: City,
    people: Actors,
    db_urls: DatabaseUrls,
    password_hash: str,
) -> None:
    member_id = await city.member(await city.organization())
    await city.appoint(member_id, "analyst")
    claims = await _enter(city, password_hash, member_id=member_id)
    assert (await people.of(claims, "req-1")).may(Permission.DASHBOARD_READ)
    connection = await asyncpg.connect(db_urls.operator)
    try:
        async with connection.transaction():
            await connection.execute("select set_tenant($1)", city.tenant.id)
            await connection.execute(
                "delete from policy_rule where tenant_id = $1 and role = 'analyst' and object = 'dashboard'",
                city.tenant.id,
            )
            await connection.execute(
                "update tenant set policy_version = policy_version + 1 where id = $1", city.tenant.id
            )
    finally:
        await connection.close()
    city.registry.forget()
    actor = await people.of(claims, "req-2")
    assert actor.policy_version == city.tenant.policy_version + 1
    assert actor.roles == ("analyst",)
    assert not actor.may(Permission.DASHBOARD_READ)


async def test_claims_that_do_not_belong_together_are_refused(city: City, people: Actors, password_hash: str) -> None:
    claims = await _enter(city, password_hash)
    await people.of(claims, "req-1")
    await _over(people, dataclasses.replace(claims, account_id=uuid7()))
    await _over(people, dataclasses.replace(claims, session_id=uuid7()))
    await _over(people, dataclasses.replace(claims, tenant_id=uuid7()))


async def test_a_disabled_account_is_nobody(city: City, people: Actors, password_hash: str) -> None:
    claims = await _enter(city, password_hash)
    async with city.database.write(city.tenant.id) as session:
        await session.execute(update(Account).where(Account.tenant_id == city.tenant.id).values(status="DISABLED"))
    await _over(people, claims)


async def test_a_suspended_city_has_no_actors(
    city: City,
    people: Actors,
    password_hash: str,
    set_status: Callable[[str], Awaitable[None]],
) -> None:
    claims = await _enter(city, password_hash)
    await people.of(claims, "req-1")
    await set_status("SUSPENDED")
    await _over(people, claims)


async def test_an_early_end_shows_within_a_second(
    city: City,
    people: Actors,
    clock: Clock,
    password_hash: str,
) -> None:
    member_id = await city.member(await city.organization())
    await city.appoint(member_id, "analyst")
    claims = await _enter(city, password_hash, member_id=member_id)
    await people.of(claims, "req-1")
    async with city.database.write(city.tenant.id) as session:
        await session.execute(delete(Appointment).where(Appointment.tenant_id == city.tenant.id))
    clock.pass_(1)
    assert (await people.of(claims, "req-2")).roles == ()


async def test_the_memory_is_bounded(
    city: City,
    people: Actors,
    password_hash: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actors, "_KEPT_ACTORS", 2)
    await city.account("lin.hai", password_hash)
    devices = [_claims(await city.sign_in("lin.hai")) for _ in range(3)]
    for claims in (devices[0], devices[1], devices[0], devices[2]):
        await people.of(claims, "req-1")
    assert list(people._kept) == [devices[0].session_id, devices[2].session_id]


async def test_reading_an_actor_takes_two_statements_that_name_the_city(
    city: City,
    people: Actors,
    password_hash: str,
) -> None:
    member_id = await city.member(await city.organization())
    await city.appoint(member_id, "analyst")
    claims = await _enter(city, password_hash, member_id=member_id)
    await people.of(claims, "req-0")
    people.forget(claims.session_id)
    seen: list[str] = []
    engine = city.database._lookups.sync_engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        actor: Actor = await people.of(claims, "req-1")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert actor.roles == ("analyst",)
    # The registry keeps the global list of cities by its own clock: whether it asks again is not ours to say.
    asked = [statement for statement in seen if "FROM tenant" not in statement]
    assert [statement.split("(")[0].split(",")[0] for statement in asked] == [
        "select set_tenant",
        "SELECT account.username",
        "SELECT appointment.id",
    ]
    for table in ("account", "sign_in_session", "member", "volunteer"):
        assert f"{table}.tenant_id = $" in asked[1]
    for table in ("appointment", "organization"):
        assert f"{table}.tenant_id = $" in asked[2]
