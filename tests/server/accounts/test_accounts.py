from __future__ import annotations

from dataclasses import replace

import pytest

from server.accounts.service.front import Accounts
from server.accounts.tokens import Tokens
from server.errors import Unauthenticated
from tenants.context import anonymous_actor
from tests.server.accounts.conftest import PASSWORD, City


async def test_a_token_is_good_from_sign_in_to_sign_out(accounts: Accounts, city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    first = await accounts.sign_in(
        tenant_slug=city.tenant.slug,
        username="lin.hai",
        password=PASSWORD,
        request_id="req-1",
    )
    second = await accounts.refresh(refresh_token=first.refresh_token, request_id="req-2")
    for token in (first.access_token, second.access_token):
        actor = await accounts.authenticate(token, request_id="req-3")
        assert (actor.account_id, actor.session_id, actor.request_id) == (account_id, first.session_id, "req-3")
    await accounts.sign_out(actor=actor)
    for token in (first.access_token, second.access_token):
        with pytest.raises(Unauthenticated):
            await accounts.authenticate(token, request_id="req-4")
    assert [action for action, _, _ in await city.audited(first.session_id)] == [
        "session:start",
        "session:refresh",
        "session:end",
    ]


async def test_a_token_of_another_platform_is_refused(accounts: Accounts, city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    stranger = replace(accounts, signer=Tokens("the secret of another platform, long"))
    signed_in = await stranger.sign_in(
        tenant_slug=city.tenant.slug,
        username="lin.hai",
        password=PASSWORD,
        request_id="req-1",
    )
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(signed_in.access_token, request_id="req-2")


async def test_nobody_cannot_sign_out(accounts: Accounts, city: City) -> None:
    with pytest.raises(Unauthenticated):
        await accounts.sign_out(actor=anonymous_actor(city.tenant.id))
