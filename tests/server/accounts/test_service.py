from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from server.accounts import passwords
from server.accounts.models import Account
from server.accounts.service import opening
from server.errors import AppError, Conflict, Invalid, NotFound, NotPermitted, Unauthenticated
from tenants.context import Actor, Reach
from tenants.ids import uuid7
from tenants.permissions import Permission
from tests.server.accounts.conftest import PATH, City


def _actor(city: City, reach: Reach, *more: Permission) -> Actor:
    return Actor(
        tenant_id=city.tenant.id,
        account_id=uuid7(),
        username="admin",
        access=dict.fromkeys((Permission.USER_CREATE, *more), reach),
        request_id="req-9",
    )


async def _create(city: City, actor: Actor, username: str = "lin.hai", **person: UUID | bool) -> UUID:
    async with city.database.write(city.tenant.id) as session:
        return await opening.create_account(
            session,
            username=username,
            password_hash="*",
            actor=actor,
            **person,  # type: ignore[arg-type]  # ids and a flag by name
        )


async def _refused(city: City, actor: Actor, username: str = "lin.hai", **person: UUID | bool) -> AppError:
    """The failure of ``_create``, after a look that no account was left behind."""
    with pytest.raises(AppError) as refused:
        await _create(city, actor, username, **person)
    async with city.database.write(city.tenant.id) as session:
        made = await session.scalar(
            select(Account.id).where(Account.tenant_id == city.tenant.id, Account.password_hash == "*"),
        )
    assert made is None
    return refused.value


async def test_an_account_for_a_member_leaves_an_event_and_an_audit_row(city: City) -> None:
    member_id = await city.member(await city.organization())
    account_id = await _create(city, _actor(city, Reach(tenant=True)), member_id=member_id)
    async with city.database.write(city.tenant.id) as session:
        account = await session.scalar(
            select(Account).where(Account.tenant_id == city.tenant.id, Account.id == account_id),
        )
    assert account is not None
    assert (account.username, account.member_id, account.resident_id) == ("lin.hai", member_id, None)
    assert (account.operator, account.status) == (False, "ACTIVE")
    assert await city.events(account_id) == ["AccountCreated"]
    assert await city.audited(account_id) == [("user:create", "admin", "req-9")]


async def test_a_user_name_is_taken_once_per_city(city: City) -> None:
    account_id = await _create(city, city.system)
    with pytest.raises(Conflict) as refused:
        await _create(city, city.system)
    assert (refused.value.code, refused.value.field) == ("USERNAME_TAKEN", ("username",))
    assert await city.events(account_id) == ["AccountCreated"]


async def test_what_cannot_be_a_user_name(city: City) -> None:
    for username in ("", "Lin", "lin,hai", "lin hai", "a"):
        refused = await _refused(city, city.system, username)
        assert (type(refused), refused.code) == (Invalid, "USERNAME_INVALID")


async def test_an_account_belongs_to_one_person(city: City) -> None:
    refused = await _refused(city, city.system, member_id=uuid7(), resident_id=uuid7())
    assert (type(refused), refused.code) == (Invalid, "ONE_PERSON")


@pytest.mark.parametrize(("who", "field"), [("member_id", "memberId"), ("resident_id", "residentId")])
async def test_an_unknown_person_has_no_account(city: City, who: str, field: str) -> None:
    nobody: dict[str, UUID | bool] = {who: uuid7()}
    refused = await _refused(city, city.system, "lin.hai", **nobody)
    assert (type(refused), refused.code, refused.field) == (NotFound, "NOT_FOUND", (field,))


async def test_without_the_permission_no_account_is_opened(city: City) -> None:
    refused = await _refused(city, Actor(tenant_id=city.tenant.id))
    assert type(refused) is NotPermitted


async def test_a_right_over_a_subtree_opens_accounts_of_its_people_only(city: City) -> None:
    here = await city.organization()
    there = await city.organization("zz-village/")
    secretary = _actor(city, Reach(paths=(PATH,)))
    stranger = await city.member(there, path="zz-village/")
    assert type(await _refused(city, secretary, member_id=stranger)) is NotPermitted
    assert type(await _refused(city, secretary)) is NotPermitted
    await _create(city, secretary, member_id=await city.member(here))
    await _create(city, secretary, "wu.yan", resident_id=await city.resident(await city.grid(here)))


async def test_only_who_runs_the_platform_makes_an_operator(city: City) -> None:
    assert type(await _refused(city, _actor(city, Reach(tenant=True)), operator=True)) is NotPermitted
    await _create(city, _actor(city, Reach(tenant=True), Permission.TENANT_APPLY), operator=True)


async def test_another_password_ends_every_session(city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    devices = [await city.sign_in("lin.hai") for _ in range(2)]
    changed = await passwords.hash_password("another password")
    async with city.database.write(city.tenant.id) as session:
        await opening.set_password(session, username="lin.hai", password_hash=changed, actor=city.system)
    for device in devices:
        with pytest.raises(Unauthenticated):
            await city.refresh(device.refresh_token)
    with pytest.raises(Unauthenticated):
        await city.sign_in("lin.hai")
    assert (await city.sign_in("lin.hai", "another password")).account_id == account_id
    assert await city.events(account_id) == ["AccountCreated", "AccountPasswordSet"]


async def test_a_password_is_set_by_who_may_open_the_account(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash, member_id=await city.member(await city.organization()))
    async with city.database.write(city.tenant.id) as session:
        with pytest.raises(NotPermitted):
            await opening.set_password(
                session,
                username="lin.hai",
                password_hash="*",
                actor=_actor(city, Reach(paths=("zz-village/",))),
            )
    assert (await city.sign_in("lin.hai")).tenant_id == city.tenant.id


async def test_nobody_has_no_password(city: City) -> None:
    async with city.database.write(city.tenant.id) as session:
        with pytest.raises(NotFound):
            await opening.set_password(session, username="nobody", password_hash="*", actor=city.system)


async def test_accounts_are_listed_without_their_hashes(city: City) -> None:
    second, first = await _create(city, city.system, "zz.second"), await _create(city, city.system, "00.first")
    async with city.database.write(city.tenant.id) as session:
        listed = [row for row in await opening.list_accounts(session, actor=city.system) if row.id in (first, second)]
        with pytest.raises(NotPermitted):
            await opening.list_accounts(session, actor=_actor(city, Reach(paths=(PATH,))))
    assert listed == [
        opening.AccountInfo(first, "00.first", "ACTIVE", None, None, operator=False),
        opening.AccountInfo(second, "zz.second", "ACTIVE", None, None, operator=False),
    ]
