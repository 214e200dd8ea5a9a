"""Tokens that nobody issued: counted by address, written while that is admitted, and no work for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pyotp
import pytest
from sqlalchemy import select

from server.accounts import passwords
from server.accounts.guesses import Guesses
from server.accounts.service import invitations
from server.accounts.service.front import Accounts
from server.errors import AppError, Invalid, RuleViolation, Unauthenticated
from server.events.models import AuditEntry
from server.throttle.attempts import Attempts, Limit, Limits
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.sessions import Database
from tests.server.accounts.conftest import PASSWORD, City

LIMITS = Limits(name=Limit(5, 900, 60, 900), address=Limit(12, 900, 60, 60))
SECRET = "A" * 43
NEXT = "another horse battery"


@pytest.fixture
async def guesses(database: Database, attempts: Attempts) -> AsyncIterator[Guesses]:
    # Names are counted under a key of the platform: this one's, for Valkey outlives the tests and their city's slug.
    found = Guesses(database, Keyring(uuid4().hex, database), attempts, LIMITS)
    yield found
    await found.close()


@pytest.fixture
def peer() -> str:
    """An address that no other test has: Valkey outlives them."""
    return f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::7"


async def _enter(accounts: Accounts, city: City, peer: str) -> Actor:
    signed_in = await accounts.sign_in(
        tenant_slug=city.tenant.slug, username="lin.hai", password=PASSWORD, request_id="req-1", peer=peer
    )
    return await accounts.authenticate(signed_in.access_token, request_id="req-2")


async def _accept(accounts: Accounts, city: City, token: str, peer: str) -> str:
    return await accounts.accept_invitation(
        tenant_slug=city.tenant.slug,
        token=token,
        username="lin.hai",
        password=PASSWORD,
        request_id="req-5",
        peer=peer,
    )


async def _code(answer: Awaitable[object]) -> str:
    with pytest.raises(AppError) as refused:
        await answer
    return refused.value.code


async def _written(accounts: Accounts, city: City) -> list[object]:
    """The reasons of what was refused."""
    await accounts.guesses.close()
    async with city.database.write(city.tenant.id) as session:
        rows = await session.scalars(
            select(AuditEntry).where(AuditEntry.tenant_id == city.tenant.id, AuditEntry.action == "session:refused")
        )
        return [row.detail["reason"] for row in rows]


async def test_invented_invitations_are_hashed_never_and_written_as_often_as_the_address_may_guess(
    accounts: Accounts, city: City, peer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    member_id = await city.member(await city.organization())
    async with city.database.write(city.tenant.id) as session:
        good = await invitations.invite(session, member_id=member_id, actor=city.system, now=now())
    hashed: list[Callable[[], object]] = []
    run = passwords._off_loop

    async def counted(work: Callable[[], object]) -> object:
        hashed.append(work)
        return await run(work)

    monkeypatch.setattr(passwords, "_off_loop", counted)
    for _ in range(20):
        token = f"cgi_{city.tenant.id}.{uuid7()}.{SECRET}"
        assert await _code(_accept(accounts, city, token, peer)) == "INVITATION_INVALID"
    assert (hashed, await _written(accounts, city)) == ([], ["INVITATION"] * 12)
    assert await _accept(accounts, city, good.token, peer) == "lin.hai"  # as good as ever, from that address too
    assert len(hashed) == 1


async def test_invented_refresh_tokens_count_and_right_and_former_ones_do_not(
    accounts: Accounts, city: City, password_hash: str, peer: str
) -> None:
    await city.account("lin.hai", password_hash)
    signed_in = await accounts.sign_in(
        tenant_slug=city.tenant.slug, username="lin.hai", password=PASSWORD, request_id="req-1"
    )
    for session_id in [signed_in.session_id, uuid7()] * 10:
        token = f"cgr_{city.tenant.id}.{session_id}.{SECRET}"
        refused = accounts.refresh(refresh_token=token, request_id="req-5", peer=peer)
        assert await _code(refused) == "SESSION_REVOKED"
    nowhere = accounts.refresh(refresh_token=f"cgr_{uuid7()}.{uuid7()}.{SECRET}", request_id="req-5")
    assert await _code(nowhere) == "SESSION_REVOKED"
    last = await accounts.refresh(refresh_token=signed_in.refresh_token, request_id="req-6", peer=peer)
    await accounts.sign_out(actor=await accounts.authenticate(last.access_token, request_id="req-7"))
    for _ in range(15):
        over = accounts.refresh(refresh_token=last.refresh_token, request_id="req-8")
        assert await _code(over) == "SESSION_REVOKED"
    assert await _written(accounts, city) == ["REFRESH"] * 12


async def test_codes_that_do_not_confirm_are_counted_and_written(
    accounts: Accounts, city: City, password_hash: str, peer: str
) -> None:
    await city.account("lin.hai", password_hash)
    actor = await _enter(accounts, city, peer)
    for _ in range(10):  # nothing to guess: nothing to count
        with pytest.raises(RuleViolation):
            await accounts.confirm_totp(code="123456", actor=actor, peer=peer)
    secret = (await accounts.begin_totp(password=PASSWORD, actor=actor, peer=peer)).secret
    for _ in range(8):
        with pytest.raises(Invalid) as refused:
            await accounts.confirm_totp(code="not it", actor=actor, peer=peer)
        assert (refused.value.code, refused.value.field) == ("CODE_WRONG", ("code",))
    right = pyotp.TOTP(secret).now()
    assert await _code(accounts.confirm_totp(code=right, actor=actor, peer=peer)) == "CODE_WRONG"
    assert await _written(accounts, city) == ["CODE"] * 5


async def test_who_guesses_at_the_door_keeps_nobody_from_their_own_account(
    accounts: Accounts, city: City, password_hash: str, peer: str
) -> None:
    await city.account("lin.hai", password_hash)
    actor = await _enter(accounts, city, peer)
    for number in range(6):
        with pytest.raises(Unauthenticated):
            await city.sign_in("lin.hai", "wrong horse battery", peer=f"2001:db8:{uuid4().hex[:4]}:{number}::8")
    with pytest.raises(Unauthenticated):
        await city.sign_in("lin.hai", peer=peer)
    assert await accounts.change_password(password=PASSWORD, new_password=NEXT, actor=actor, peer=peer) == 0


async def test_guesses_of_somebody_signed_in_are_counted_for_the_session(
    accounts: Accounts, city: City, password_hash: str, peer: str
) -> None:
    await city.account("lin.hai", password_hash)
    guessing, other = await _enter(accounts, city, peer), await _enter(accounts, city, peer)
    for _ in range(6):
        wrong = accounts.change_password(password="not mine at all", new_password=NEXT, actor=guessing, peer=peer)
        assert await _code(wrong) == "PASSWORD_WRONG"
    right = accounts.change_password(password=PASSWORD, new_password=NEXT, actor=guessing, peer=peer)
    assert await _code(right) == "PASSWORD_WRONG"
    assert await accounts.change_password(password=PASSWORD, new_password=NEXT, actor=other, peer=peer) == 1
