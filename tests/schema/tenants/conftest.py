"""A city, and the platform's own tenant with an operator signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from server.accounts.models import Account, SignInSession
from server.accounts.tokens import Claims
from server.onboarding.service import apply_tenant, console_actor
from tenants.clock import now
from tenants.ids import uuid7
from tenants.manifest import shipped
from tenants.sessions import Database
from tests.conftest import Template
from tests.fixtures.town import Founded, Town, founded, town

__all__ = ["founded", "town"]

OPERATOR = "operator"


@pytest.fixture
async def town_operator(town: Town, founded: Founded) -> AsyncIterator[Database]:
    """The town's database as the operator's role."""
    template: Template = founded.template
    async with town.services.database.across() as session:
        name = await session.scalar(select(func.current_database()))
    database = await Database.connect(template.urls(str(name)).operator, read_pool_size=1, write_pool_size=2)
    yield database
    await database.close()


@pytest.fixture
async def operators(town: Town, town_operator: Database) -> Town:
    """The platform's tenant beside the town, asked as the account ``operator``."""
    applied = await apply_tenant(town_operator, shipped.text("platform"), actor=console_actor("test"))
    town.services.registry.forget()
    found = Town(replace(town.services, operator=town_operator), applied.tenant_id, {}, {}, {})
    at = now()
    claims = Claims(uuid7(), applied.tenant_id, uuid7(), at, at + timedelta(days=1))
    account = Account(
        tenant_id=applied.tenant_id,
        id=claims.account_id,
        username=OPERATOR,
        password_hash="none",
        operator=True,
    )
    session = SignInSession(
        tenant_id=applied.tenant_id,
        id=claims.session_id,
        account_id=account.id,
        refresh_digest=b"",
        expires_at=claims.expires_at,
    )
    await found.add(account, session)
    found._sessions[OPERATOR] = claims
    return found
