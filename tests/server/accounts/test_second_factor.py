from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import select

from server.accounts import codes
from server.accounts.models import Account, RecoveryCode
from server.accounts.service import second_factor
from server.accounts.service.front import Accounts
from server.errors import AppError, Conflict, Invalid, NotPermitted, RuleViolation, Unauthenticated
from tenants.context import Actor, Reach
from tenants.permissions import Permission
from tests.server.accounts.conftest import PASSWORD, City

PEER = "192.0.2.9"


def _code(secret: str, *, steps: int = 0) -> str:
    """What the authenticator shows now, or that many steps later."""
    return pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30 * steps))


async def _row(city: City, account_id: UUID) -> Account:
    async with city.database.write(city.tenant.id) as session:
        row = await session.scalar(
            select(Account).where(Account.tenant_id == city.tenant.id, Account.id == account_id),
        )
    assert row is not None
    return row


async def _enter(accounts: Accounts, city: City, code: str | None = None) -> Actor:
    signed_in = await accounts.sign_in(
        tenant_slug=city.tenant.slug, username="lin.hai", password=PASSWORD, code=code, request_id="req-1", peer=PEER
    )
    return await accounts.authenticate(signed_in.access_token, request_id="req-2")


async def _enrolled(accounts: Accounts, city: City) -> tuple[Actor, str, tuple[str, ...]]:
    """Somebody who has an authenticator: the actor, its secret, the recovery codes."""
    actor = await _enter(accounts, city)
    new = await accounts.begin_totp(password=PASSWORD, actor=actor, peer=PEER)
    return actor, new.secret, await accounts.confirm_totp(code=_code(new.secret, steps=-1), actor=actor)


async def _refused(accounts: Accounts, city: City, code: str | None) -> AppError:
    with pytest.raises(Unauthenticated) as refused:
        await _enter(accounts, city, code)
    return refused.value


async def test_a_code_is_asked_for_once_the_password_is_right(
    accounts: Accounts, city: City, password_hash: str
) -> None:
    account_id = await city.account("lin.hai", password_hash)
    _, secret, _ = await _enrolled(accounts, city)
    assert (await _refused(accounts, city, None)).code == "CODE_REQUIRED"
    assert (await _refused(accounts, city, "")).code == "CODE_REQUIRED"
    wrong = {"a wrong code": "000000", "no code at all": "let me in"}
    assert {(await _refused(accounts, city, each)).code for each in wrong.values()} == {"CODE_WRONG"}
    with pytest.raises(Unauthenticated) as refused:
        await city.sign_in("lin.hai", "wrong horse battery", code=_code(secret))
    assert refused.value.code == "SIGN_IN_FAILED"
    assert (await _enter(accounts, city, _code(secret))).account_id == account_id


async def test_a_code_is_taken_once(accounts: Accounts, city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    _, secret, _ = await _enrolled(accounts, city)
    code = _code(secret)
    await _enter(accounts, city, code)
    assert (await _refused(accounts, city, code)).code == "CODE_WRONG"
    await _enter(accounts, city, _code(secret, steps=1))


async def test_the_code_that_confirmed_is_over(accounts: Accounts, city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    actor = await _enter(accounts, city)
    new = await accounts.begin_totp(password=PASSWORD, actor=actor, peer=PEER)
    code = _code(new.secret)
    await accounts.confirm_totp(code=code, actor=actor)
    assert (await _refused(accounts, city, code)).code == "CODE_WRONG"


async def test_a_recovery_code_is_taken_once(accounts: Accounts, city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    _, _, recovery = await _enrolled(accounts, city)
    assert len(recovery) == codes.RECOVERY_CODES == 10
    await _enter(accounts, city, recovery[3].upper())
    assert (await _refused(accounts, city, recovery[3])).code == "CODE_WRONG"
    await _enter(accounts, city, recovery[4])
    actions = [action for action, _, _ in await city.audited(account_id)]
    assert (actions.count("totp:recover"), actions.count("totp:confirm")) == (2, 1)


async def test_the_secret_and_the_codes_are_not_in_the_database(
    accounts: Accounts, city: City, password_hash: str
) -> None:
    account_id = await city.account("lin.hai", password_hash)
    _, secret, recovery = await _enrolled(accounts, city)
    row = await _row(city, account_id)
    assert row.totp_secret is not None
    assert codes.as_text(row.totp_secret).find(secret) == -1
    async with city.database.write(city.tenant.id) as session:
        kept = await session.scalars(
            select(RecoveryCode.digest).where(
                RecoveryCode.tenant_id == city.tenant.id, RecoveryCode.account_id == account_id
            )
        )
        digests = set(kept)
    assert digests == {codes.recovery_digest(city.keyring, each, account_id=account_id) for each in recovery}


async def test_an_authenticator_is_begun_with_the_password_and_confirmed_with_a_code(
    accounts: Accounts, city: City, password_hash: str
) -> None:
    await city.account("lin.hai", password_hash)
    actor = await _enter(accounts, city)
    with pytest.raises(Invalid) as refused:
        await accounts.begin_totp(password="wrong horse battery", actor=actor, peer=PEER)
    assert (refused.value.code, refused.value.field) == ("PASSWORD_WRONG", ("password",))
    with pytest.raises(RuleViolation) as not_begun:
        await accounts.confirm_totp(code="123456", actor=actor)
    assert not_begun.value.code == "TOTP_NOT_BEGUN"
    first = await accounts.begin_totp(password=PASSWORD, actor=actor, peer=PEER)
    second = await accounts.begin_totp(password=PASSWORD, actor=actor, peer=PEER)
    with pytest.raises(Invalid) as wrong:
        await accounts.confirm_totp(code=_code(first.secret), actor=actor)
    assert wrong.value.code == "CODE_WRONG"
    await _enter(accounts, city)  # nothing is asked for before it is confirmed
    await accounts.confirm_totp(code=_code(second.secret), actor=actor)
    for again in (
        accounts.begin_totp(password=PASSWORD, actor=actor, peer=PEER),
        accounts.confirm_totp(code=_code(second.secret, steps=1), actor=actor),
    ):
        with pytest.raises(Conflict) as on:
            await again
        assert on.value.code == "TOTP_ALREADY_ON"


async def test_taking_it_away_needs_password_and_code(accounts: Accounts, city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    actor, secret, recovery = await _enrolled(accounts, city)
    for password, code, expected in (
        ("wrong horse battery", _code(secret), "PASSWORD_WRONG"),
        (PASSWORD, "000000", "CODE_WRONG"),
    ):
        with pytest.raises(Invalid) as refused:
            await accounts.disable_totp(password=password, code=code, actor=actor, peer=PEER)
        assert refused.value.code == expected
    await accounts.disable_totp(password=PASSWORD, code=recovery[0], actor=actor, peer=PEER)
    await _enter(accounts, city)
    row = await _row(city, account_id)
    assert (row.totp_secret, row.totp_confirmed_at, row.totp_step) == (None, None, None)
    assert await city.events(account_id) == ["AccountCreated", "AccountTotpConfirmed", "AccountTotpDisabled"]
    with pytest.raises(RuleViolation) as off:
        await accounts.disable_totp(password=PASSWORD, code=_code(secret), actor=actor, peer=PEER)
    assert off.value.code == "TOTP_NOT_ON"


async def test_who_lost_everything_is_let_in_by_the_console(accounts: Accounts, city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    actor, _, recovery = await _enrolled(accounts, city)
    async with city.database.write(city.tenant.id) as session:
        await second_factor.reset(session, username="lin.hai", actor=city.system)
    assert actor.session_id is not None
    accounts.actors.forget(actor.session_id)
    assert (await _enter(accounts, city)).account_id == account_id
    assert (await _row(city, account_id)).totp_secret is None
    assert (await city.audited(account_id))[-1][0] == "totp:reset"
    async with city.database.write(city.tenant.id) as session:
        with pytest.raises(RuleViolation):
            await second_factor.reset(session, username="lin.hai", actor=city.system)
    assert len(recovery) == 10


async def test_nobody_takes_an_authenticator_from_an_account_out_of_reach(
    accounts: Accounts, city: City, password_hash: str
) -> None:
    account_id = await city.account("lin.hai", password_hash)
    await _enrolled(accounts, city)
    elsewhere = Actor(
        tenant_id=city.tenant.id, username="admin", access={Permission.USER_UPDATE: Reach(paths=("zz-village/",))}
    )
    async with city.database.write(city.tenant.id) as session:
        with pytest.raises(NotPermitted):
            await second_factor.reset(session, username="lin.hai", actor=elsewhere)
    assert (await _row(city, account_id)).totp_confirmed_at is not None
