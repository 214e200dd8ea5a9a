"""Who an application is at work: what it may do now, and that whatever is wrong looks the same."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, update

from server.applications import tokens
from server.applications.actors import STRANGERS_POINTS, Applications, TooManyAttempts
from server.applications.models import ApiKey, Application
from server.applications.service import keys, registering
from server.applications.tokens import new_key
from server.errors import Unauthenticated
from tenants.context import ActorKind, Reach
from tenants.ids import uuid7
from tenants.permissions import Permission
from tests.fixtures.town import EAST, Town
from tests.server.applications.conftest import Clock
from tests.server.applications.making import Made, make, terms

PEER = "192.0.2.7"


def _peer() -> str:
    """An address of one's own, whose budget nobody else spends."""
    return f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"


async def _change(town: Town, model: type[Any], id_: UUID, **values: object) -> None:
    async with town.services.database.write(town.tenant_id) as session:
        await session.execute(
            update(model).where(model.tenant_id == town.tenant_id, model.id == id_).values(**values),
        )


async def _refused(process: Applications, text: str, peer: str = PEER) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        await process.of(process.shown(text, peer=peer), "r")
    told = refusal.value
    assert (told.code, str(told)) == ("UNAUTHENTICATED", "The key or token is wrong, over, or not for this place.")


async def _permissions(process: Applications, text: str) -> set[str]:
    caller = await process.of(process.shown(text, peer=PEER), "r")
    return {permission.value for permission in caller.actor.access}


async def test_an_application_acts_with_its_scopes_in_its_place(town: Town, process: Applications) -> None:
    city = await make(town.services, town.tenant_id, "case:read", "grid:read")
    subtree = await make(
        town.services, town.tenant_id, "case:read", name="East", organization_id=town.organizations[EAST]
    )
    grid = await make(town.services, town.tenant_id, "case:read", name="Grid", grid_id=town.grids[EAST])
    reaches = []
    for made in (city, subtree, grid):
        caller = await process.of(process.shown(made.key, peer=PEER), "request-9")
        reaches.append(dict(caller.actor.access))
        actor = caller.actor
        assert (actor.kind, actor.tenant_id, actor.account_id) == (ActorKind.APPLICATION, town.tenant_id, made.id)
        assert (actor.member_id, actor.resident_id, actor.session_id, actor.roles) == (None, None, None, ())
        assert (actor.request_id, caller.key_id) == ("request-9", made.key_id)
    assert reaches == [
        {Permission.CASE_READ: Reach(tenant=True), Permission.GRID_READ: Reach(tenant=True)},
        {Permission.CASE_READ: Reach(paths=(town.paths[EAST],))},
        {Permission.CASE_READ: Reach(grids=(town.grids[EAST],))},
    ]


async def test_whatever_is_wrong_looks_the_same(town: Town, process: Applications, clock: Clock) -> None:
    soon = clock.now + timedelta(hours=1)
    made = [
        await make(town.services, town.tenant_id, "case:read", name=name, **extra)
        for name, extra in (
            ("revoked", {}),
            ("suspended", {}),
            ("over", {"expires_at": soon}),
            ("key over", {"key_expires_at": soon}),
            ("elsewhere", {"networks": ["198.51.100.0/24"]}),
        )
    ]
    for found in made[:4]:
        assert await _permissions(process, found.key) == {"case:read"}
    await _change(town, ApiKey, made[0].key_id, revoked_at=clock.now)
    await _change(town, Application, made[1].id, status="SUSPENDED")
    clock.pass_(3600)
    for found in made:
        await _refused(process, found.key)
    right = made[4]
    assert (await process.of(process.shown(right.key, peer="198.51.100.1"), "r")).actor.account_id == right.id
    await _refused(process, right.key)
    await _refused(process, right.key, peer="")
    await _refused(process, new_key(town.tenant_id, uuid7()).text)
    await _refused(process, new_key(uuid7(), right.key_id).text)
    await _refused(process, new_key(town.tenant_id, right.key_id).text)
    await _refused(process, "cg_' or 1=1 --")


@contextmanager
def _counted(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """How many statements, hashes and comparisons there are within the block."""
    counts = {"statements": 0, "hashes": 0, "comparisons": 0}

    def told(*_given: object) -> None:
        counts["statements"] += 1

    def hashed(data: bytes) -> Any:
        counts["hashes"] += 1
        return hashlib.sha256(data)

    class Compared:
        def compare_digest(self, one: bytes, other: bytes) -> bool:
            counts["comparisons"] += 1
            return hmac.compare_digest(one, other)

    engines = [town.services.database._lookups.sync_engine, town.services.database._engine.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", told)
    with monkeypatch.context() as patched:
        patched.setattr(tokens, "sha256", hashed)
        patched.setattr(tokens, "hmac", Compared())
        yield counts
    for engine in engines:
        event.remove(engine, "before_cursor_execute", told)


async def test_unknown_and_wrong_take_the_same_steps(
    town: Town, process: Applications, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make(town.services, town.tenant_id, "case:read")
    await process.of(process.shown(made.key, peer=PEER), "r")
    await process.close()  # its first use is written down
    counts = []
    for text in (
        new_key(town.tenant_id, made.key_id).text,  # a key in use, and another secret
        new_key(town.tenant_id, uuid7()).text,  # no such key
        new_key(uuid7(), uuid7()).text,  # no such city
        new_key(uuid7(), made.key_id).text,  # a key of another city
    ):
        with _counted(town, monkeypatch) as found:
            await _refused(process, text)
        counts.append(found)
    assert counts == [{"statements": 2, "hashes": 1, "comparisons": 2}] * 4


async def test_what_is_taken_away_is_gone_within_a_second(town: Town, process: Applications, clock: Clock) -> None:
    made = await make(town.services, town.tenant_id, "case:read", "grid:read")
    assert await _permissions(process, made.key) == {"case:read", "grid:read"}
    await _change(town, Application, made.id, scopes=["grid:read"])
    clock.pass_(1.0)
    assert await _permissions(process, made.key) == {"grid:read"}
    await _change(town, Application, made.id, status="SUSPENDED")
    clock.pass_(1.0)
    await _refused(process, made.key)
    await _change(town, Application, made.id, status="ACTIVE")
    assert await _permissions(process, made.key) == {"grid:read"}


async def test_the_process_that_takes_it_away_forgets_at_once(town: Town, process: Applications) -> None:
    made = await make(town.services, town.tenant_id, "case:read")
    await _permissions(process, made.key)
    await _change(town, ApiKey, made.key_id, revoked_at=town.services.accounts.actors._now())
    process.forget()
    await _refused(process, made.key)


async def test_a_token_narrows_and_never_widens(town: Town, process: Applications, clock: Clock) -> None:
    made = await make(town.services, town.tenant_id, "case:read", "grid:read")
    token = _token(town, process, clock, made, "grid:read", "member:read", "tenant:apply")
    assert await _permissions(process, token) == {"grid:read"}
    await _change(town, Application, made.id, scopes=["case:read"])
    clock.pass_(1.0)
    assert await _permissions(process, token) == set()
    await _change(town, Application, made.id, scopes=["member:read", "tenant:apply", "no:such"])
    clock.pass_(1.0)
    assert await _permissions(process, token) == {"member:read"}
    assert await _permissions(process, made.key) == {"member:read"}


async def test_tokens_end_with_their_key(town: Town, process: Applications, clock: Clock) -> None:
    made = await make(town.services, town.tenant_id, "case:read")
    token = _token(town, process, clock, made, "case:read")
    assert await _permissions(process, token) == {"case:read"}
    await _change(town, ApiKey, made.key_id, revoked_at=clock.now)
    clock.pass_(1.0)
    await _refused(process, token)
    await _refused(process, made.key)


async def test_a_signed_token_of_a_key_that_never_was_is_refused(
    town: Town, process: Applications, clock: Clock
) -> None:
    made = await make(town.services, town.tenant_id, "case:read")
    await _permissions(process, made.key)
    for tenant_id, key_id in ((town.tenant_id, uuid7()), (uuid7(), made.key_id)):
        text, _ = process.signer.issue(
            tenant_id=tenant_id,
            application_id=made.id,
            key_id=key_id,
            scopes=["case:read"],
            ends_at=clock.now + timedelta(days=1),
            now=clock.now,
        )
        await _refused(process, text)


async def test_use_is_written_down_once_a_minute(town: Town, process: Applications, clock: Clock) -> None:
    made = await make(town.services, town.tenant_id, "case:read")
    at = clock.now
    noted = []
    for seconds in (0.0, 1.0, 58.0, 1.0, 30.0):
        clock.pass_(seconds)
        await asyncio.gather(*(_permissions(process, made.key) for _ in range(5)))
        await process.close()
        (row,) = await town.rows(ApiKey, id=made.key_id)
        noted.append((row.last_used_at - at).total_seconds())
    assert noted == [0.0, 0.0, 0.0, 60.0, 60.0]


async def test_a_wrong_key_is_no_use(town: Town, process: Applications) -> None:
    made = await make(town.services, town.tenant_id, "case:read", networks=["198.51.100.0/24"])
    await _refused(process, new_key(town.tenant_id, made.key_id).text)
    await _refused(process, made.key)
    await process.close()
    (row,) = await town.rows(ApiKey, id=made.key_id)
    assert row.last_used_at is None


async def test_wrong_keys_use_up_the_budget_of_their_address(town: Town, process: Applications) -> None:
    made = await make(town.services, town.tenant_id, "case:read")
    other = await make(town.services, town.tenant_id, "case:read", name="Other")
    peer = _peer()
    shown = process.shown(made.key, peer=peer)
    for _ in range(3):
        await process.of(shown, "r")  # a right key pays nothing
    capacity = town.services.throttle.budgets.of("anonymous").capacity

    async def guess() -> None:
        """As often as the budget of the address holds, and on."""
        for _ in range(2 * capacity // STRANGERS_POINTS):
            with pytest.raises(Unauthenticated):
                await process.of(process.shown(new_key(town.tenant_id, uuid7()).text, peer=peer), "r")

    with pytest.raises(TooManyAttempts) as refusal:
        await guess()
    assert (refusal.value.code, refusal.value.seconds is not None) == ("TOO_MANY_ATTEMPTS", True)
    assert (await process.of(shown, "r")).actor.account_id == made.id  # who is known is let in from there
    with pytest.raises(TooManyAttempts):
        await process.of(process.shown(other.key, peer=peer), "r")
    assert (await process.of(process.shown(other.key, peer=_peer()), "r")).actor.account_id == other.id


async def test_keys_follow_each_other(town: Town, process: Applications, clock: Clock) -> None:
    made = await make(town.services, town.tenant_id, "case:read")
    async with town.services.transactions.open(town.system) as session:
        second = await keys.rotate_key(session, key_id=made.key_id, overlap_hours=1, actor=town.system)
    clock.pass_(1.0)
    for text in (made.key, second.text):
        assert await _permissions(process, text) == {"case:read"}
    clock.pass_(3600)
    await _refused(process, made.key)
    assert await _permissions(process, second.text) == {"case:read"}


async def test_two_administrators_make_no_third_key(town: Town) -> None:
    made = await make(town.services, town.tenant_id, "case:read")

    async def another() -> str:
        try:
            async with town.services.transactions.open(town.system) as session:
                return (await keys.create_key(session, application_id=made.id, actor=town.system)).text
        except Exception as error:  # noqa: BLE001 - its code is the answer
            return getattr(error, "code", repr(error))

    answers = await asyncio.gather(*(another() for _ in range(4)))
    assert sorted(answers)[:3] == ["API_KEYS_FULL"] * 3
    assert len(await town.rows(ApiKey, application_id=made.id)) == 2


async def test_of_two_changes_at_once_one_wins(town: Town) -> None:
    made = await make(town.services, town.tenant_id, "case:read")
    manifest = await town.manifest()

    async def change(scope: str) -> str:
        try:
            async with town.services.transactions.open(town.system) as session:
                await registering.update_application(
                    session,
                    application_id=made.id,
                    expected_version=1,
                    terms=terms(scope),
                    manifest=manifest,
                    actor=town.system,
                )
        except Exception as error:  # noqa: BLE001 - its code is the answer
            return getattr(error, "code", repr(error))
        return scope

    answers = sorted(await asyncio.gather(change("grid:read"), change("member:read")))
    (row,) = await town.rows(Application, id=made.id)
    assert (row.version, [*answers]) == (2, ["VERSION_CONFLICT", *row.scopes])


def _token(town: Town, process: Applications, clock: Clock, made: Made, *scopes: str) -> str:
    text, _ = process.signer.issue(
        tenant_id=town.tenant_id,
        application_id=made.id,
        key_id=made.key_id,
        scopes=scopes,
        ends_at=clock.now + timedelta(days=1),
        now=clock.now,
    )
    return text
