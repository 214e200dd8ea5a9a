"""``civicgrid accounts``: how a city gets its first administrator, and who lost an authenticator."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from migrations.roles import DatabaseUrls
from server.accounts.models import Account
from server.accounts.service.front import Accounts
from server.onboarding.service import apply_tenant, console_actor
from tenants.context import Actor
from tenants.manifest import shipped
from tenants.permissions import Permission
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database
from tests.server.accounts.conftest import PASSWORD, City

PEER = "192.0.2.9"


@pytest.fixture
async def tenant(operator_database: Database) -> TenantInfo:
    """Daye on the day it comes on board: an organization at its top, and nobody in it."""
    await apply_tenant(operator_database, shipped.text("daye"), actor=console_actor("test"))
    return await Registry(operator_database).by_slug("daye")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


async def _run(home: Path, urls: DatabaseUrls, *words: str) -> tuple[int, str, str]:
    """Exit code, output and error output of ``civicgrid accounts``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "server.cli", "accounts", *words),
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "DATABASE_URL": urls.app,
            "COLUMNS": "200",
            "PYTHONUTF8": "1",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode or 0, output.decode(), errors.decode()


async def _enter(accounts: Accounts, code: str | None = None) -> Actor:
    signed_in = await accounts.sign_in(
        tenant_slug="daye", username="lin.hai", password=PASSWORD, code=code, request_id="req-1", peer=PEER
    )
    return await accounts.authenticate(signed_in.access_token, request_id="req-2")


async def _accept(accounts: Accounts, token: str) -> None:
    await accounts.accept_invitation(
        tenant_slug="daye", token=token, username="lin.hai", password=PASSWORD, request_id="req-1"
    )


async def test_the_first_administrator_comes_in(
    accounts: Accounts, city: City, home: Path, db_urls: DatabaseUrls
) -> None:
    code, output, errors = await _run(home, db_urls, "invite", "daye", "--name", "Lin Hai", "--role", "tenant_admin")
    assert (code, errors) == (0, "")
    await _accept(accounts, output.strip())
    admin = await _enter(accounts)
    assert admin.roles == ("tenant_admin",)
    assert admin.reach(Permission.USER_CREATE).tenant is True
    assert admin.account_id is not None
    assert (await city.audited(admin.account_id))[0] == ("invitation:accept", "lin.hai", "req-1")


async def test_an_authenticator_that_was_lost_is_taken_away(
    accounts: Accounts, city: City, home: Path, db_urls: DatabaseUrls
) -> None:
    _, output, _ = await _run(home, db_urls, "invite", "daye", "--name", "Lin Hai")
    await _accept(accounts, output.strip())
    actor = await _enter(accounts)
    new = await accounts.begin_totp(password=PASSWORD, actor=actor, peer=PEER)
    await accounts.confirm_totp(code=pyotp.TOTP(new.secret).now(), actor=actor)
    assert await _run(home, db_urls, "reset-totp", "daye", "lin.hai") == (0, "", "")
    async with city.database.write(city.tenant.id) as session:
        kept = await session.scalar(select(Account.totp_secret).where(Account.tenant_id == city.tenant.id))
    assert kept is None
    assert (await _enter(accounts)).account_id == actor.account_id
    code, _, errors = await _run(home, db_urls, "reset-totp", "daye", "lin.hai")
    assert (code, "The account has no authenticator." in errors) == (1, True)


async def test_exactly_one_person_is_invited(home: Path, db_urls: DatabaseUrls, tenant: TenantInfo) -> None:
    code, _, errors = await _run(home, db_urls, "invite", tenant.slug)
    assert (code, "name a member or a new person: one of the two" in errors) == (2, True)
