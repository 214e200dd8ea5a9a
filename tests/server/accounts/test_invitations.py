from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from server.accounts.models import Account, Invitation
from server.accounts.rules import INVITED_FOR
from server.accounts.service import invitations, opening
from server.accounts.service.front import Accounts
from server.accounts.service.invitations import Invited
from server.errors import AppError, Conflict, Invalid, NotFound, NotPermitted
from server.events.models import AuditEntry
from tenants.clock import now
from tenants.context import Actor, Reach
from tenants.ids import uuid7
from tenants.permissions import Permission
from tests.server.accounts.conftest import PASSWORD, PATH, City, wait_for_lock


def _admin(city: City, reach: Reach) -> Actor:
    access = dict.fromkeys((Permission.USER_CREATE, Permission.MEMBER_READ), reach)
    return Actor(tenant_id=city.tenant.id, account_id=uuid7(), username="admin", access=access, request_id="req-9")


async def _invite(
    city: City, member_id: UUID, *, username: str | None = None, actor: Actor | None = None, at: datetime | None = None
) -> Invited:
    async with city.database.write(city.tenant.id) as session:
        return await invitations.invite(
            session, member_id=member_id, username=username, actor=actor or city.system, now=at or now()
        )


async def _accept(
    accounts: Accounts, city: City, token: str, *, username: str | None = "lin.hai", slug: str | None = None
) -> str:
    return await accounts.accept_invitation(
        tenant_slug=city.tenant.slug if slug is None else slug,
        token=token,
        username=username,
        password=PASSWORD,
        request_id="req-5",
    )


async def _refused(
    accounts: Accounts, city: City, token: str, *, username: str | None = "wu.yan", slug: str | None = None
) -> AppError:
    with pytest.raises(Invalid) as refused:
        await _accept(accounts, city, token, username=username, slug=slug)
    return refused.value


async def _accounts_of(city: City, member_id: UUID) -> list[str]:
    async with city.database.write(city.tenant.id) as session:
        found = await session.scalars(
            select(Account.username).where(Account.tenant_id == city.tenant.id, Account.member_id == member_id)
        )
        return list(found)


async def test_an_invitation_opens_the_members_account(accounts: Accounts, city: City) -> None:
    member_id = await city.member(await city.organization())
    invited = await _invite(city, member_id)
    assert await _accept(accounts, city, invited.token, username="Lin.Hai ") == "lin.hai"
    assert (await city.sign_in("lin.hai")).tenant_id == city.tenant.id
    async with city.database.write(city.tenant.id) as session:
        account = await session.scalar(
            select(Account).where(Account.tenant_id == city.tenant.id, Account.username == "lin.hai")
        )
        row = await session.scalar(
            select(Invitation).where(Invitation.tenant_id == city.tenant.id, Invitation.id == invited.id)
        )
    assert account is not None
    assert row is not None
    assert (account.member_id, account.operator, account.status) == (member_id, False, "ACTIVE")
    assert row.accepted_at is not None
    assert invited.token.encode() not in row.digest
    assert await city.audited(invited.id) == [("user:create", "test", "-")]
    assert await city.audited(account.id) == [("invitation:accept", "lin.hai", "req-5")]


async def test_unknown_over_revoked_used_and_of_another_city_are_alike(accounts: Accounts, city: City) -> None:
    organization_id = await city.organization()
    used = await _invite(city, await city.member(organization_id))
    await _accept(accounts, city, used.token)
    over = await _invite(city, await city.member(organization_id), at=now() - INVITED_FOR)
    revoked = await _invite(city, await city.member(organization_id))
    async with city.database.write(city.tenant.id) as session:
        await invitations.revoke(session, revoked.id, actor=city.system, now=now())
    good = await _invite(city, await city.member(organization_id))
    secret = good.token.rpartition(".")[2]
    found = [
        await _refused(accounts, city, token, slug=slug)
        for token, slug in (
            (used.token, None),
            (over.token, None),
            (revoked.token, None),
            (f"cgi_{city.tenant.id}.{uuid7()}.{secret}", None),
            (f"cgi_{uuid7()}.{good.id}.{secret}", None),
            (good.token[:-1], None),
            (good.token[:-1] + ("A" if good.token[-1] != "A" else "B"), None),
            ("", None),
            (good.token, "atlantis"),
        )
    ]
    answers = {(error.code, error.field, str(error)) for error in found}
    assert {code for code, _, _ in answers} == {"INVITATION_INVALID"}
    assert len(answers) == 1
    assert await _accept(accounts, city, good.token, username="wu.yan") == "wu.yan"


async def test_of_two_who_accept_at_once_one_does(accounts: Accounts, city: City) -> None:
    invited = await _invite(city, await city.member(await city.organization()))
    answers = await asyncio.gather(
        *(_accept(accounts, city, invited.token, username=name) for name in ("lin.hai", "wu.yan")),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Invalid", "str"]


async def test_a_name_that_was_chosen_stays_and_a_taken_one_changes_nothing(accounts: Accounts, city: City) -> None:
    organization_id = await city.organization()
    chosen = await _invite(city, await city.member(organization_id), username="wu.yan")
    assert await _accept(accounts, city, chosen.token, username="lin.hai") == "wu.yan"
    free = await _invite(city, await city.member(organization_id))
    with pytest.raises(Conflict) as taken:
        await _accept(accounts, city, free.token, username="wu.yan")
    assert taken.value.code == "USERNAME_TAKEN"
    for name in (None, "", "lin hai"):
        assert (await _refused(accounts, city, free.token, username=name)).code == "USERNAME_INVALID"
    assert await _accept(accounts, city, free.token) == "lin.hai"


async def test_the_password_is_not_the_name_whoever_chose_it(accounts: Accounts, city: City) -> None:
    organization_id = await city.organization()
    chosen = await _invite(city, await city.member(organization_id), username="lin.hai.from.town")
    free = await _invite(city, await city.member(organization_id))
    for token, username in ((chosen.token, None), (free.token, "Lin.Hai.From.Town")):
        with pytest.raises(Invalid) as refused:
            await accounts.accept_invitation(
                tenant_slug=city.tenant.slug,
                token=token,
                username=username,
                password="lin.hai.from.town",
                request_id="req-5",
            )
        assert (refused.value.code, refused.value.field) == ("PASSWORD_TOO_WEAK", ("password",))
    assert await _accept(accounts, city, chosen.token, username=None) == "lin.hai.from.town"


async def test_a_refused_invitation_leaves_a_trace_without_the_token(accounts: Accounts, city: City) -> None:
    used = await _invite(city, await city.member(await city.organization()))
    await _accept(accounts, city, used.token)
    await _refused(accounts, city, used.token)
    await accounts.guesses.close()
    async with city.database.write(city.tenant.id) as session:
        rows = await session.scalars(
            select(AuditEntry).where(AuditEntry.tenant_id == city.tenant.id, AuditEntry.outcome == "REFUSED")
        )
        found = [(row.action, row.object_id, row.request_id, row.detail) for row in rows]
    assert found == [("session:refused", city.tenant.id, "req-5", {"reason": "INVITATION"})]


async def test_a_second_invitation_takes_the_place_of_the_first(accounts: Accounts, city: City) -> None:
    member_id = await city.member(await city.organization())
    first, second = await _invite(city, member_id), await _invite(city, member_id)
    assert (await _refused(accounts, city, first.token)).code == "INVITATION_INVALID"
    await _accept(accounts, city, second.token)
    with pytest.raises(Conflict) as refused:
        await _invite(city, member_id)
    assert refused.value.code == "ACCOUNT_EXISTS"


async def test_of_many_invitations_at_once_one_is_open(accounts: Accounts, city: City) -> None:
    member_id = await city.member(await city.organization())
    invited = await asyncio.gather(*(_invite(city, member_id) for _ in range(8)))
    answers = await asyncio.gather(
        *(_accept(accounts, city, each.token, username=f"wu.yan.{place}") for place, each in enumerate(invited)),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Invalid"] * 7 + ["str"]
    assert len(await _accounts_of(city, member_id)) == 1


async def test_an_open_invitation_of_a_member_with_an_account_opens_no_second(
    accounts: Accounts, city: City, password_hash: str
) -> None:
    member_id = await city.member(await city.organization())
    invited = await _invite(city, member_id)
    await city.account("wu.yan", password_hash, member_id=member_id)
    assert (await _refused(accounts, city, invited.token, username="lin.hai")).code == "INVITATION_INVALID"
    assert await _accounts_of(city, member_id) == ["wu.yan"]


async def test_an_account_that_is_being_opened_is_waited_for(
    accounts: Accounts, city: City, password_hash: str
) -> None:
    member_id = await city.member(await city.organization())
    invited = await _invite(city, member_id)
    async with city.database.write(city.tenant.id) as session:
        await opening.create_account(
            session, username="wu.yan", password_hash=password_hash, member_id=member_id, actor=city.system
        )
        second = asyncio.create_task(_accept(accounts, city, invited.token))
        await wait_for_lock(city)
    with pytest.raises(Invalid) as refused:
        await second
    assert refused.value.code == "INVITATION_INVALID"
    assert await _accounts_of(city, member_id) == ["wu.yan"]


async def test_an_invitation_lasts_72_hours(city: City) -> None:
    at = now()
    invited = await _invite(city, await city.member(await city.organization()), at=at)
    assert invited.expires_at == at + timedelta(hours=72)


async def test_one_invites_where_one_may_open_accounts(city: City) -> None:
    await city.organization()
    elsewhere = await city.member(await city.organization("zz-village/"), path="zz-village/")
    here, nowhere = _admin(city, Reach(paths=(PATH,))), _admin(city, Reach())
    for member_id in (elsewhere, uuid7()):
        with pytest.raises(NotFound) as refused:
            await _invite(city, member_id, actor=here)
        assert str(refused.value) == "No such member."
    reads = Actor(tenant_id=city.tenant.id, account_id=uuid7(), access={Permission.MEMBER_READ: Reach(tenant=True)})
    with pytest.raises(NotPermitted):
        await _invite(city, elsewhere, actor=reads)
    invited = await _invite(city, elsewhere)
    for actor in (here, nowhere):
        async with city.database.write(city.tenant.id) as session:
            with pytest.raises(NotFound) as unseen:
                await invitations.revoke(session, invited.id, actor=actor, now=now())
            assert str(unseen.value) == "No such invitation."
