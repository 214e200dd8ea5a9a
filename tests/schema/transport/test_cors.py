"""Pages of other origins: let in where their city has registered them, and only there."""

from __future__ import annotations

import asyncpg
import httpx
import orjson
import pytest
from sqlalchemy.engine import make_url

from server.embedded import services as embedded
from tests.fixtures.city import Platform

PAGES = {"daye": "https://pages.daye.example", "jiamusi": "http://localhost:5173"}
TYPENAME = {"query": "{ __typename }"}


@pytest.fixture
async def pages(platform: Platform, running: embedded.Services) -> None:
    """Each city has one client application with pages of its own."""
    name = make_url(platform.urls.app).database
    administrator = await asyncpg.connect(
        make_url(running.database_admin_url).set(database=name).render_as_string(False)
    )
    for slug, origin in PAGES.items():
        clients = [
            {
                "code": "pages",
                "name": {"zh-CN": "网页", "en": "Pages"},
                "plan": "standard",
                "documents": "any",
                "origins": [origin],
            }
        ]
        await administrator.execute(
            "update tenant_manifest set document = jsonb_set(document, '{clients}', $2::jsonb) where tenant_id = $1",
            (await platform.tenant(slug)).id,
            orjson.dumps(clients).decode(),
        )
    await administrator.close()


async def preflight(http: httpx.AsyncClient, origin: str) -> httpx.Response:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    return await http.options("/graphql", headers={"origin": origin, **asked})


@pytest.mark.usefixtures("pages")
async def test_a_preflight_is_granted_to_the_pages_of_any_city(http: httpx.AsyncClient) -> None:
    for origin in PAGES.values():
        response = await preflight(http, origin)
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["access-control-allow-origin"] == origin
        assert response.headers["access-control-allow-methods"] == "GET, POST"
        allowed = response.headers["access-control-allow-headers"].split(", ")
        assert {"authorization", "content-type", "x-client", "x-tenant", "graphql-require-preflight"} <= set(allowed)
        assert int(response.headers["access-control-max-age"]) > 0
        assert "Origin" in response.headers["vary"]
        assert "access-control-allow-credentials" not in response.headers


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", "https://pages.daye.example.evil.example", "http://pages.daye.example", "*", ""],
)
async def test_a_strange_page_gets_no_headers(http: httpx.AsyncClient, origin: str) -> None:
    for response in (
        await preflight(http, origin),
        await http.post("/graphql", json=TYPENAME, headers={"origin": origin}),
    ):
        assert not [name for name in response.headers if name.startswith("access-control-")]
        assert "Origin" in response.headers["vary"]


@pytest.mark.usefixtures("pages")
async def test_the_answer_is_shown_to_the_pages_of_the_tokens_city(http: httpx.AsyncClient, platform: Platform) -> None:
    token = await platform.sign_in("daye", "first_secretary")
    seen = {}
    for slug, origin in PAGES.items():
        headers = {"origin": origin, "authorization": f"Bearer {token}"}
        response = await http.post("/graphql", json=TYPENAME, headers=headers)
        assert response.status_code == 200, response.text
        seen[slug] = response.headers.get("access-control-allow-origin")
        assert "Origin" in response.headers["vary"]
    assert seen == {"daye": PAGES["daye"], "jiamusi": None}


@pytest.mark.usefixtures("pages")
async def test_whoever_has_not_signed_in_is_of_the_city_he_names(http: httpx.AsyncClient) -> None:
    seen = {}
    for slug in (None, *PAGES):
        headers = {"origin": PAGES["daye"], **({} if slug is None else {"x-tenant": slug})}
        response = await http.post("/graphql", json=TYPENAME, headers=headers)
        seen[slug] = response.headers.get("access-control-allow-origin")
    assert seen == {None: PAGES["daye"], "daye": PAGES["daye"], "jiamusi": None}


@pytest.mark.usefixtures("pages")
async def test_refusals_can_be_read_by_the_page_too(http: httpx.AsyncClient) -> None:
    origin = PAGES["daye"]
    wrong = await http.post("/graphql", json=TYPENAME, headers={"origin": origin, "authorization": "Bearer x.y.z"})
    broken = await http.post("/graphql", content=b"{", headers={"origin": origin, "content-type": "application/json"})
    assert (wrong.status_code, broken.status_code) == (401, 400)
    for response in (wrong, broken):
        assert response.headers["access-control-allow-origin"] == origin
        assert response.headers["access-control-expose-headers"] == "x-request-id, retry-after"


async def test_options_tells_the_methods(http: httpx.AsyncClient) -> None:
    response = await http.options("/graphql")
    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
