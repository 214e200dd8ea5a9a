"""npm's oidc-provider, a certified OpenID provider that others run, as the provider of a city."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from server.main import application
from server.main import running as running_services
from tests.clients.conftest import Start
from tests.fixtures.city import Api, Platform, settings_of
from tests.fixtures.provider import REDIRECT, register
from tests.schema.accounts.test_sessions import VIEWER
from tests.schema.identity_providers.signing import BEGIN, COMPLETE, codes

SECRET = "a secret: with + and / in it"
STAFF = {"claim": "preferred_username", "names": "USERNAME"}


@pytest.fixture
async def deployed(platform: Platform, redis_url: str, tmp_path: Path) -> AsyncIterator[Platform]:
    """A web process whose operator keeps the secret of Daye."""
    (tmp_path / "daye.staff").write_text(SECRET + "\n", encoding="utf-8")
    settings = settings_of(platform.urls, redis_url).model_copy(update={"identity_secrets": tmp_path})
    async with running_services(settings) as services:
        yield Platform(services, platform.urls)


@asynccontextmanager
async def provider(start: Start, kid: str, port: str = "0") -> AsyncIterator[str]:
    async with start("oidc_provider.mjs", port, kid, REDIRECT) as script:
        yield await script.line()


@pytest.fixture
async def ask(deployed: Platform) -> AsyncIterator[Api]:
    transport = httpx.ASGITransport(application(deployed.services))
    async with httpx.AsyncClient(transport=transport, base_url="http://civicgrid.test") as client:

        async def asking(_slug: str, token: str | None, query: str, **variables: Any) -> dict[str, Any]:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            response = await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
            body: dict[str, Any] = response.json()
            return body

        yield asking


async def visit(url: str, name: str) -> dict[str, str]:
    """Sign in on the provider's pages and consent, as somebody with a browser; what it brings back."""
    async with httpx.AsyncClient() as browser:
        response = await browser.get(url)
        for _ in range(20):
            if response.is_redirect:
                target = urljoin(str(response.url), response.headers["location"])
                if target.startswith(REDIRECT):
                    return {key: values[0] for key, values in parse_qs(urlsplit(target).query).items()}
                response = await browser.get(target)
                continue
            form = re.search(r'<form[^>]* action="([^"]+)"', response.text)
            assert form is not None, response.text
            hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', response.text)
            fields = dict(hidden) | {"login": name, "password": "any"}
            response = await browser.post(urljoin(str(response.url), unescape(form[1])), data=fields)
    pytest.fail("the provider never sent the browser back")


async def begin(ask: Api) -> dict[str, Any]:
    answer = await ask("daye", None, BEGIN, input={"tenant": "daye", "redirectUri": REDIRECT})
    begun: dict[str, Any] = answer["data"]["beginSignIn"]
    assert begun["userErrors"] == []
    return begun


async def complete(ask: Api, brought: dict[str, str]) -> dict[str, Any]:
    given = {"state": brought["state"], "code": brought["code"], "issuer": brought.get("iss")}
    payload: dict[str, Any] = (await ask("daye", None, COMPLETE, input=given))["data"]["completeSignIn"]
    return payload


async def test_signing_in(start: Start, deployed: Platform, ask: Api) -> None:
    async with provider(start, "key-1") as issuer:
        await register(deployed, "daye", issuer, client_secret="staff", staff=STAFF)
        begun = await begin(ask)
        brought = await visit(begun["authorizationUrl"], "analyst")
        assert (brought["state"], brought["iss"]) == (begun["state"], issuer)
        entered = await complete(ask, brought)
        assert entered["userErrors"] == []
        viewer = (await ask("daye", entered["credentials"]["accessToken"], VIEWER))["data"]["viewer"]
        assert (viewer["username"], viewer["roles"]) == ("analyst", ["analyst"])

        begun = await begin(ask)
        unknown = await complete(ask, await visit(begun["authorizationUrl"], "nobody.here"))
        assert codes(unknown) == ["IDENTITY_NOT_LINKED"]

        # The provider tells its name to the browser: without it nothing is taken from the browser (RFC 9207).
        brought = await visit((await begin(ask))["authorizationUrl"], "analyst")
        del brought["iss"]
        assert codes(await complete(ask, brought)) == ["IDENTITY_REFUSED"]


async def test_codes_and_challenges(start: Start, deployed: Platform, ask: Api) -> None:
    async with provider(start, "key-1") as issuer:
        await register(deployed, "daye", issuer, client_secret="staff", staff=STAFF)
        url = (await begin(ask))["authorizationUrl"]
        without = re.sub(r"&code_challenge(_method)?=[^&]*", "", url)
        assert (await visit(without, "analyst"))["error"] == "invalid_request"
        # A code belongs to the verifier of its own sign-in: brought to another one it is worth nothing.
        first, second = await begin(ask), await begin(ask)
        brought = await visit(first["authorizationUrl"], "analyst")
        assert codes(await complete(ask, {**brought, "state": second["state"]})) == ["IDENTITY_REFUSED"]
        # A code is good once.
        brought = await visit((await begin(ask))["authorizationUrl"], "analyst")
        assert codes(await complete(ask, brought)) == []
        replayed = {**brought, "state": (await begin(ask))["state"]}
        assert codes(await complete(ask, replayed)) == ["IDENTITY_REFUSED"]


async def test_keys_rotate_and_the_provider_goes_away(start: Start, deployed: Platform, ask: Api) -> None:
    async with provider(start, "key-1") as issuer:
        await register(deployed, "daye", issuer, client_secret="staff", staff=STAFF)
        brought = await visit((await begin(ask))["authorizationUrl"], "analyst")
        assert codes(await complete(ask, brought)) == []
    port = issuer.rpartition(":")[2]
    async with provider(start, "key-2", port) as again:
        assert again == issuer
        waiting = await visit((await begin(ask))["authorizationUrl"], "analyst")
        assert codes(await complete(ask, waiting)) == []
        late = await visit((await begin(ask))["authorizationUrl"], "analyst")
    assert codes(await complete(ask, late)) == ["IDENTITY_PROVIDER_UNAVAILABLE"]


async def test_a_secret_that_is_not_there_or_wrong(start: Start, deployed: Platform, ask: Api) -> None:
    async with provider(start, "key-1") as issuer:
        await register(deployed, "daye", issuer, client_secret="another", staff=STAFF)
        answer = await ask("daye", None, BEGIN, input={"tenant": "daye", "redirectUri": REDIRECT})
        assert codes(answer["data"]["beginSignIn"]) == ["IDENTITY_PROVIDER_UNAVAILABLE"]
        await register(deployed, "daye", issuer, client_secret=None, staff=STAFF)
        brought = await visit((await begin(ask))["authorizationUrl"], "analyst")
        assert codes(await complete(ask, brought)) == ["IDENTITY_PROVIDER_UNAVAILABLE"]
