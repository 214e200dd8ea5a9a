"""Roles that ask for an authenticator: without one nobody but the holder of an account, with one all that it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import update

from server.accounts.models import SignInSession
from server.accounts.service.front import Accounts
from server.errors import NotPermitted
from server.onboarding.service import apply_tenant, console_actor
from tenants.authz import authorize, lacking
from tenants.context import Actor
from tenants.manifest import shipped
from tenants.manifest.faults import parse
from tenants.permissions import Permission
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database
from tests.server.accounts.conftest import PASSWORD, City

PEER = "192.0.2.9"


async def _enter(accounts: Accounts, city: City, code: str | None = None) -> tuple[str, Actor]:
    signed_in = await accounts.sign_in(
        tenant_slug=city.tenant.slug, username="lin.hai", password=PASSWORD, code=code, request_id="req-1", peer=PEER
    )
    return signed_in.access_token, await accounts.authenticate(signed_in.access_token, request_id="req-2")


async def _apply(operator: Database, *demanding: str) -> TenantInfo:
    """Daye, as it is shipped but for the roles that must have an authenticator."""
    document = parse(shipped.text("daye")).document()
    document["identity"]["totp_required_roles"] = list(demanding)
    await apply_tenant(operator, parse(document).model_dump_json(), actor=console_actor("test"))
    return await Registry(operator).by_slug("daye")


@pytest.fixture
async def tenant(operator_database: Database) -> TenantInfo:
    """A city whose analysts must have an authenticator."""
    return await _apply(operator_database, "analyst", "tenant_admin")


@pytest.fixture
async def demanding(city: City, password_hash: str) -> City:
    """That city; lin.hai is one of its analysts."""
    member_id = await city.member(await city.organization())
    await city.appoint(member_id, "analyst", starts_on=date(2026, 1, 1))
    await city.account("lin.hai", password_hash, member_id=member_id)
    return city


async def test_without_an_authenticator_there_is_no_role(accounts: Accounts, demanding: City) -> None:
    token, actor = await _enter(accounts, demanding)
    assert (actor.must_enroll, actor.roles, actor.access, actor.member_id) == (True, (), {}, None)
    new = await accounts.begin_totp(password=PASSWORD, actor=actor, peer=PEER)
    await accounts.confirm_totp(code=pyotp.TOTP(new.secret).now(), actor=actor)
    enrolled = await accounts.authenticate(token, request_id="req-3")
    assert (enrolled.must_enroll, enrolled.roles) == (False, ("analyst",))
    assert enrolled.member_id is not None
    code = pyotp.TOTP(new.secret).at(datetime.now(UTC) + timedelta(seconds=30))
    _, again = await _enter(accounts, demanding, code)
    assert again.roles == ("analyst",)


async def test_what_is_refused_for_want_of_an_authenticator_says_so(accounts: Accounts, demanding: City) -> None:
    _, actor = await _enter(accounts, demanding)
    with pytest.raises(NotPermitted) as refused:
        authorize(actor, Permission.CASE_READ)
    assert refused.value.code == "MUST_ENROLL"
    assert str(refused.value) == "Give your account an authenticator first: beginTotp, then confirmTotp."
    assert lacking(replace(actor, must_enroll=False), Permission.CASE_READ).code == "FORBIDDEN"
    assert lacking(None, Permission.CASE_READ).code == "FORBIDDEN"


async def test_a_role_that_is_not_named_asks_for_nothing(accounts: Accounts, city: City, password_hash: str) -> None:
    member_id = await city.member(await city.organization())
    await city.appoint(member_id, "dispatcher", starts_on=date(2026, 1, 1))
    await city.account("lin.hai", password_hash, member_id=member_id)
    _, actor = await _enter(accounts, city)
    assert (actor.must_enroll, actor.roles) == (False, ("dispatcher",))


async def test_a_manifest_that_demands_no_longer_frees_who_is_signed_in(
    accounts: Accounts, demanding: City, operator_database: Database
) -> None:
    token, actor = await _enter(accounts, demanding)
    assert actor.must_enroll
    await _apply(operator_database)
    demanding.registry.forget()
    assert actor.session_id is not None
    accounts.actors.forget(actor.session_id)
    freed = await accounts.authenticate(token, request_id="req-3")
    assert (freed.must_enroll, freed.roles) == (False, ("analyst",))


async def test_another_way_of_signing_in_has_its_own_second_factor(accounts: Accounts, demanding: City) -> None:
    token, actor = await _enter(accounts, demanding)
    async with demanding.database.write(demanding.tenant.id) as session:
        await session.execute(
            update(SignInSession)
            .where(SignInSession.tenant_id == demanding.tenant.id, SignInSession.id == actor.session_id)
            .values(method="OIDC")
        )
    assert actor.session_id is not None
    accounts.actors.forget(actor.session_id)
    assert (await accounts.authenticate(token, request_id="req-3")).roles == ("analyst",)


async def test_coming_from_another_city_is_no_second_factor(accounts: Accounts, demanding: City) -> None:
    token, actor = await _enter(accounts, demanding)
    async with demanding.database.write(demanding.tenant.id) as session:
        await session.execute(
            update(SignInSession)
            .where(SignInSession.tenant_id == demanding.tenant.id, SignInSession.id == actor.session_id)
            .values(method="LINK")
        )
    assert actor.session_id is not None
    accounts.actors.forget(actor.session_id)
    assert (await accounts.authenticate(token, request_id="req-3")).must_enroll
