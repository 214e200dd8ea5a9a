from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from server.accounts import passwords, sessions
from server.accounts.models import Account, SignInSession
from server.accounts.service import opening
from server.errors import Unauthenticated
from tenants.context import Actor, anonymous_actor
from tenants.ids import uuid7
from tests.server.accounts.conftest import NOW, PASSWORD, City, wait_for_lock


async def _session_row(city: City, session_id: UUID) -> SignInSession:
    async with city.database.write(city.tenant.id) as session:
        row = await session.scalar(
            select(SignInSession).where(SignInSession.tenant_id == city.tenant.id, SignInSession.id == session_id),
        )
    assert row is not None
    return row


async def _count(city: City) -> int:
    async with city.database.write(city.tenant.id) as session:
        statement = select(func.count()).select_from(SignInSession).where(SignInSession.tenant_id == city.tenant.id)
        return await session.scalar(statement) or 0


async def _change(city: City, account_id: UUID, **values: object) -> None:
    async with city.database.write(city.tenant.id) as session:
        await session.execute(
            update(Account).where(Account.tenant_id == city.tenant.id, Account.id == account_id).values(**values),
        )


async def _over(answer: Awaitable[object]) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await answer
    assert (refused.value.code, str(refused.value)) == ("SESSION_REVOKED", "The session is over; sign in again.")


async def _failed(answer: Awaitable[object]) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await answer
    assert (refused.value.code, str(refused.value)) == ("SIGN_IN_FAILED", "City, user name or password is wrong.")
    assert refused.value.field == ()


def _actor(city: City, signed_in: sessions.SignedIn) -> Actor:
    return Actor(
        tenant_id=city.tenant.id,
        account_id=signed_in.account_id,
        session_id=signed_in.session_id,
        username="lin.hai",
        request_id="req-3",
    )


async def test_sign_in_starts_a_session(city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    signed_in = await city.sign_in("lin.hai")
    claims = city.signer.read(signed_in.access_token, now=NOW)
    assert (claims.account_id, claims.tenant_id, claims.session_id) == (
        account_id,
        city.tenant.id,
        signed_in.session_id,
    )
    assert signed_in.access_expires_at == NOW + timedelta(minutes=15)
    assert signed_in.refresh_expires_at == NOW + timedelta(days=30)
    row = await _session_row(city, signed_in.session_id)
    assert (row.account_id, row.expires_at, row.revoked_at) == (account_id, NOW + timedelta(days=30), None)
    assert row.refresh_digest == sha256(signed_in.refresh_token.encode()).digest()
    assert await city.audited(signed_in.session_id) == [("session:start", "lin.hai", "req-1")]


async def test_a_user_name_may_be_typed_in_capitals(city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    assert (await city.sign_in("Lin.Hai")).account_id == account_id


async def test_an_unknown_user_fails(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    for username in ("nobody", "", "lin hai", "lin\x00hai", "\ud800", "x" * 10_000):
        await _failed(city.sign_in(username))


async def test_a_wrong_password_fails_and_starts_nothing(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    for password in ("", "wrong password", PASSWORD + "\x00", "\ud800", "x" * 10_000):
        await _failed(city.sign_in("lin.hai", password))
    assert await _count(city) == 0


async def test_an_unknown_city_fails_alike(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    for slug in ("atlantis", "", "\x00", "\ud800", "x" * 10_000):
        await _failed(city.sign_in("lin.hai", slug=slug))


async def test_a_disabled_account_fails_alike(city: City, password_hash: str) -> None:
    await _change(city, await city.account("lin.hai", password_hash), status="DISABLED")
    await _failed(city.sign_in("lin.hai"))


async def test_a_suspended_city_lets_nobody_in(
    city: City,
    password_hash: str,
    set_status: Callable[[str], Awaitable[None]],
) -> None:
    await city.account("lin.hai", password_hash)
    signed_in = await city.sign_in("lin.hai")
    await set_status("SUSPENDED")
    await _failed(city.sign_in("lin.hai"))
    await _over(city.refresh(signed_in.refresh_token))
    await set_status("ACTIVE")
    assert (await city.refresh(signed_in.refresh_token)).session_id == signed_in.session_id


async def test_an_outdated_hash_is_replaced_at_sign_in(city: City) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD.encode())
    account_id = await city.account("lin.hai", old)
    await city.sign_in("lin.hai")
    async with city.database.write(city.tenant.id) as session:
        kept = await session.scalar(
            select(Account.password_hash).where(Account.tenant_id == city.tenant.id, Account.id == account_id),
        )
    assert kept is not None
    assert not passwords.is_outdated(kept)
    assert await passwords.verify(kept, PASSWORD)


async def test_a_password_changed_during_sign_in_wins(city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    async with city.database.write(city.tenant.id) as session:
        await opening.set_password(
            session,
            username="lin.hai",
            password_hash=await passwords.hash_password("another password"),
            actor=city.system,
        )
        attempt = asyncio.create_task(city.sign_in("lin.hai"))
        await wait_for_lock(city)
    await _failed(attempt)
    assert await _count(city) == 0
    assert (await city.sign_in("lin.hai", "another password")).account_id == account_id


async def test_refresh_gives_a_new_pair_for_the_same_session(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    first = await city.sign_in("lin.hai")
    later = NOW + timedelta(days=1)
    second = await city.refresh(first.refresh_token, now=later)
    assert second.refresh_token != first.refresh_token
    assert (second.account_id, second.session_id) == (first.account_id, first.session_id)
    assert second.access_expires_at == later + timedelta(minutes=15)
    assert second.refresh_expires_at == first.refresh_expires_at
    assert city.signer.read(second.access_token, now=later).session_id == first.session_id
    assert await city.audited(first.session_id) == [
        ("session:start", "lin.hai", "req-1"),
        ("session:refresh", "lin.hai", "req-2"),
    ]


async def test_a_refresh_token_used_twice_ends_the_session_for_both(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    first = await city.sign_in("lin.hai")
    second = await city.refresh(first.refresh_token)
    await _over(city.refresh(first.refresh_token, now=NOW + timedelta(minutes=1)))
    await _over(city.refresh(second.refresh_token))
    assert (await _session_row(city, first.session_id)).revoked_at == NOW + timedelta(minutes=1)
    assert [action for action, _, _ in await city.audited(first.session_id)] == [
        "session:start",
        "session:refresh",
        "session:revoke_reused",
    ]


async def test_of_two_refreshes_at_once_both_get_the_same_token(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    first = await city.sign_in("lin.hai")
    one, other = await asyncio.gather(*(city.refresh(first.refresh_token) for _ in range(2)))
    assert one.refresh_token == other.refresh_token != first.refresh_token
    assert (await city.refresh(one.refresh_token)).session_id == first.session_id


async def test_a_lost_answer_is_given_again_for_ten_seconds(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    first = await city.sign_in("lin.hai")
    lost = await city.refresh(first.refresh_token)
    again = await city.refresh(first.refresh_token, now=NOW + timedelta(seconds=10))
    assert again.refresh_token == lost.refresh_token
    assert again.access_expires_at == NOW + timedelta(minutes=15, seconds=10)
    assert (await _session_row(city, first.session_id)).revoked_at is None
    await _over(city.refresh(first.refresh_token, now=NOW + timedelta(seconds=11)))
    assert (await _session_row(city, first.session_id)).revoked_at == NOW + timedelta(seconds=11)


async def test_of_two_at_once_the_later_may_come_first(city: City, password_hash: str) -> None:
    """Clocks of processes differ, and who asked first may wait longer for the session's row."""
    await city.account("lin.hai", password_hash)
    first = await city.sign_in("lin.hai")
    later = await city.refresh(first.refresh_token, now=NOW + timedelta(milliseconds=50))
    assert (await city.refresh(first.refresh_token)).refresh_token == later.refresh_token
    assert (await _session_row(city, first.session_id)).revoked_at is None


async def test_an_answer_that_was_used_is_not_given_again(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    first = await city.sign_in("lin.hai")
    second = await city.refresh(first.refresh_token)
    third = await city.refresh(second.refresh_token)
    await _over(city.refresh(first.refresh_token))
    await _over(city.refresh(third.refresh_token))
    assert [action for action, _, _ in await city.audited(first.session_id)][-1] == "session:revoke_reused"


async def test_an_invented_token_ends_no_session(city: City, password_hash: str) -> None:
    """Ids are in every log: whoever knows one must not be able to sign its owner out."""
    await city.account("lin.hai", password_hash)
    first = await city.sign_in("lin.hai")
    second = await city.refresh(first.refresh_token)
    for secret in ("A" * 43, first.refresh_token.rpartition(".")[2][:-2] + "AA", "-" * 43):
        await _over(city.refresh(f"cgr_{city.tenant.id}.{first.session_id}.{secret}", now=NOW + timedelta(minutes=1)))
    assert (await _session_row(city, first.session_id)).revoked_at is None
    assert (await city.refresh(second.refresh_token)).session_id == first.session_id


async def test_every_former_token_ends_the_session(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    first = last = await city.sign_in("lin.hai")
    for _ in range(5):
        last = await city.refresh(last.refresh_token)
    await _over(city.refresh(first.refresh_token, now=NOW + timedelta(days=1)))
    assert (await _session_row(city, first.session_id)).revoked_at == NOW + timedelta(days=1)
    await _over(city.refresh(last.refresh_token))


async def test_the_token_before_this_one_ends_a_session_that_an_older_release_began(
    city: City, password_hash: str
) -> None:
    """Tokens proved nothing then, and are known by the digests that are kept."""
    await city.account("lin.hai", password_hash)
    session_id = (await city.sign_in("lin.hai")).session_id
    text = f"cgr_{city.tenant.id}.{session_id}.{'o' * 43}"
    async with city.database.write(city.tenant.id) as session:
        await session.execute(
            update(SignInSession)
            .where(SignInSession.tenant_id == city.tenant.id, SignInSession.id == session_id)
            .values(refresh_digest=sha256(text.encode()).digest())
        )
    assert (await city.refresh(text)).session_id == session_id
    await _over(city.refresh(text, now=NOW + timedelta(minutes=1)))
    assert (await _session_row(city, session_id)).revoked_at == NOW + timedelta(minutes=1)


async def test_one_session_ending_leaves_the_other_devices_alone(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    phone, desk = await city.sign_in("lin.hai"), await city.sign_in("lin.hai")
    await city.refresh(phone.refresh_token)
    await _over(city.refresh(phone.refresh_token, now=NOW + timedelta(minutes=1)))
    assert (await city.refresh(desk.refresh_token)).session_id == desk.session_id


async def test_an_expired_session_is_not_refreshed(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    signed_in = await city.sign_in("lin.hai")
    await _over(city.refresh(signed_in.refresh_token, now=signed_in.refresh_expires_at))
    assert (await _session_row(city, signed_in.session_id)).revoked_at is None


async def test_a_disabled_account_is_not_refreshed(city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    signed_in = await city.sign_in("lin.hai")
    await _change(city, account_id, status="DISABLED")
    await _over(city.refresh(signed_in.refresh_token))


async def test_a_refresh_token_of_no_session_or_another_city_is_refused(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    signed_in = await city.sign_in("lin.hai")
    secret = signed_in.refresh_token.rpartition(".")[2]
    await _over(city.refresh(f"cgr_{city.tenant.id}.{uuid7()}.{secret}"))
    await _over(city.refresh(f"cgr_{uuid7()}.{signed_in.session_id}.{secret}"))
    await _over(city.refresh(signed_in.access_token))
    await _over(city.refresh(""))
    assert (await city.refresh(signed_in.refresh_token)).session_id == signed_in.session_id


async def test_sign_out_ends_the_session_once(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    signed_in = await city.sign_in("lin.hai")
    for _ in range(2):
        async with city.database.write(city.tenant.id) as session:
            await sessions.sign_out(session, actor=_actor(city, signed_in))
    await _over(city.refresh(signed_in.refresh_token))
    assert await city.audited(signed_in.session_id) == [
        ("session:start", "lin.hai", "req-1"),
        ("session:end", "lin.hai", "req-3"),
    ]


async def test_nobody_cannot_sign_out(city: City) -> None:
    async with city.database.write(city.tenant.id) as session:
        with pytest.raises(Unauthenticated) as refused:
            await sessions.sign_out(session, actor=anonymous_actor(city.tenant.id))
    assert refused.value.code == "UNAUTHENTICATED"
