from __future__ import annotations

from dataclasses import replace

import pytest

from server.accounts.rules import AccountStatus
from server.accounts.service.front import Accounts
from server.errors import AppError, Invalid, NotFound, RuleViolation, Unauthenticated
from tenants.context import Actor, Reach
from tenants.ids import uuid7
from tenants.permissions import Permission
from tests.server.accounts.conftest import PASSWORD, PATH, City

PEER = "192.0.2.9"
NEXT = "another horse battery"


async def _enter(accounts: Accounts, city: City, password: str = PASSWORD) -> tuple[str, Actor]:
    """An access token and the actor behind it."""
    signed_in = await accounts.sign_in(
        tenant_slug=city.tenant.slug, username="lin.hai", password=password, request_id="req-1", peer=PEER
    )
    return signed_in.access_token, await accounts.authenticate(signed_in.access_token, request_id="req-2")


def _admin(city: City, reach: Reach) -> Actor:
    access = dict.fromkeys((Permission.USER_UPDATE, Permission.USER_CREATE), reach)
    return Actor(tenant_id=city.tenant.id, account_id=uuid7(), username="admin", access=access, request_id="req-9")


async def _over(accounts: Accounts, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(token, request_id="req-3")


async def test_another_password_ends_the_other_sessions(accounts: Accounts, city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    here, actor = await _enter(accounts, city)
    there, _ = await _enter(accounts, city)
    assert await accounts.change_password(password=PASSWORD, new_password=NEXT, actor=actor, peer=PEER) == 1
    await _over(accounts, there)
    assert (await accounts.authenticate(here, request_id="req-3")).account_id == account_id
    with pytest.raises(Unauthenticated):
        await _enter(accounts, city)
    await _enter(accounts, city, NEXT)
    assert await city.events(account_id) == ["AccountCreated", "AccountPasswordChanged"]
    assert ("account:change_password", "lin.hai", "req-2") in await city.audited(account_id)


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("wrong horse battery", NEXT, "PASSWORD_WRONG", "password"),
        (PASSWORD, "short", "PASSWORD_TOO_WEAK", "newPassword"),
        (PASSWORD, "password1234", "PASSWORD_TOO_WEAK", "newPassword"),
    ],
)
async def test_what_changes_nothing(
    accounts: Accounts, city: City, password_hash: str, old: str, new: str, code: str, field: str
) -> None:
    await city.account("lin.hai", password_hash)
    _, actor = await _enter(accounts, city)
    with pytest.raises(Invalid) as refused:
        await accounts.change_password(password=old, new_password=new, actor=actor, peer=PEER)
    assert (refused.value.code, refused.value.field) == (code, (field,))
    await _enter(accounts, city)


async def test_sessions_are_ended_one_by_one_or_all_others(accounts: Accounts, city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    here, actor = await _enter(accounts, city)
    (phone, on_phone), (desk, on_desk), (pad, _) = [await _enter(accounts, city) for _ in range(3)]
    assert on_phone.session_id is not None
    assert on_desk.session_id is not None
    await accounts.revoke_session(on_phone.session_id, actor=actor)
    await _over(accounts, phone)
    assert (await accounts.authenticate(desk, request_id="req-3")).session_id == on_desk.session_id
    assert await accounts.revoke_other_sessions(actor=actor) == 2
    for token in (desk, pad):
        await _over(accounts, token)
    assert (await accounts.authenticate(here, request_id="req-3")).session_id == actor.session_id
    assert [action for action, _, _ in await city.audited(on_desk.session_id)] == ["session:start", "session:revoke"]


async def test_nobody_ends_the_sessions_of_others(accounts: Accounts, city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    other = await city.account("wu.yan", password_hash)
    token, actor = await _enter(accounts, city)
    assert actor.session_id is not None
    stranger = Actor(tenant_id=city.tenant.id, account_id=other, session_id=uuid7(), username="wu.yan")
    for session_id in (actor.session_id, uuid7()):
        with pytest.raises(NotFound) as refused:
            await accounts.revoke_session(session_id, actor=stranger)
        assert refused.value.field == ("sessionId",)
    assert await accounts.revoke_other_sessions(actor=stranger) == 0
    assert (await accounts.authenticate(token, request_id="req-3")).session_id == actor.session_id


async def test_a_disabled_account_is_out_until_it_is_enabled(
    accounts: Accounts, city: City, password_hash: str
) -> None:
    account_id = await city.account("lin.hai", password_hash)
    token, _ = await _enter(accounts, city)
    admin = _admin(city, Reach(tenant=True))
    assert await accounts.set_status(username="lin.hai", status=AccountStatus.DISABLED, actor=admin) == 1
    assert await accounts.set_status(username="lin.hai", status=AccountStatus.DISABLED, actor=admin) == 0
    await _over(accounts, token)
    with pytest.raises(Unauthenticated):
        await _enter(accounts, city)
    await accounts.set_status(username="lin.hai", status=AccountStatus.ACTIVE, actor=admin)
    await _over(accounts, token)
    await _enter(accounts, city)
    assert await city.events(account_id) == ["AccountCreated", "AccountDisabled", "AccountEnabled"]
    await accounts.guesses.close()
    actions = [action for action, _, _ in await city.audited(account_id)]
    assert sorted(actions) == ["session:refused", "user:create", "user:update", "user:update"]


async def test_an_account_out_of_reach_is_like_none(accounts: Accounts, city: City, password_hash: str) -> None:
    member_id = await city.member(await city.organization())
    await city.account("lin.hai", password_hash, member_id=member_id)
    errors: list[AppError] = []
    for username, reach in (("nobody", Reach(paths=("zz-village/",))), ("lin.hai", Reach(paths=("zz-village/",)))):
        with pytest.raises(NotFound) as refused:
            await accounts.set_status(username=username, status=AccountStatus.DISABLED, actor=_admin(city, reach))
        errors.append(refused.value)
    assert str(errors[0]) == str(errors[1])
    assert errors[0].field == errors[1].field == ("username",)
    assert (
        await accounts.set_status(
            username="lin.hai", status=AccountStatus.DISABLED, actor=_admin(city, Reach(paths=(PATH,)))
        )
        == 0
    )


async def test_nobody_disables_their_own_account(accounts: Accounts, city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    access = {Permission.USER_UPDATE: Reach(tenant=True)}
    own = Actor(tenant_id=city.tenant.id, account_id=account_id, username="lin.hai", access=access)
    with pytest.raises(RuleViolation) as refused:
        await accounts.set_status(username="lin.hai", status=AccountStatus.DISABLED, actor=own)
    assert refused.value.code == "OWN_ACCOUNT"


async def test_only_who_may_rule_cities_disables_an_operator(
    accounts: Accounts, city: City, password_hash: str
) -> None:
    await city.account("operator", password_hash, operator=True)
    admin = _admin(city, Reach(tenant=True))
    with pytest.raises(NotFound) as refused:
        await accounts.set_status(username="operator", status=AccountStatus.DISABLED, actor=admin)
    assert refused.value.field == ("username",)
    await city.sign_in("operator")
    peer = replace(admin, access={**admin.access, Permission.TENANT_APPLY: Reach(tenant=True)})
    assert await accounts.set_status(username="operator", status=AccountStatus.DISABLED, actor=peer) == 1
