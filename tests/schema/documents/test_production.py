"""The production profile over HTTP: a stranger signs in, and sends nothing else that is not registered."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from schema.root import document_check
from server.demo.accounts import password_of
from server.documents.builtin import SIGN_IN
from server.documents.library import Library, opened
from server.documents.rules import digest_of
from server.documents.service import Given, register
from server.main import application
from server.settings import Settings
from tenants.context import system_actor
from tests.conftest import SECRET
from tests.fixtures.city import Platform, settings_of

VIEWER = "query Viewer { viewer { username } }"
INTROSPECTION = "query Names { __schema { queryType { name } } }"
MODERN = {"accept": "application/graphql-response+json"}
CONSOLE = MODERN | {"x-client": "console", "x-tenant": "daye"}

Client = httpx.AsyncClient


@pytest.fixture
async def production(platform: Platform) -> AsyncIterator[Client]:
    """The whole application under the production profile."""
    services = platform.services
    library = dataclasses.replace(services.library, rule="trusted", production=True)
    app = application(dataclasses.replace(services, library=library))
    async with Client(transport=httpx.ASGITransport(app), base_url="http://civicgrid.test") as client:
        yield client


async def ask(client: Client, headers: dict[str, str] | None = None, **body: Any) -> tuple[int, Any]:
    """Status, and the code of the first error or else the data."""
    response = await client.post("/graphql", json=body, headers=MODERN if headers is None else headers)
    answer = response.json()
    return response.status_code, answer["errors"][0]["extensions"]["code"] if "errors" in answer else answer["data"]


async def test_a_stranger_signs_in_and_sends_registered_documents(platform: Platform, production: Client) -> None:
    assert platform.services.operator is not None
    daye = await platform.tenant("daye")
    await register(
        platform.services.operator,
        [Given(digest_of(VIEWER), VIEWER), Given(digest_of(INTROSPECTION), INTROSPECTION)],
        tenant="daye",
        client="console",
        check=document_check(),
        actor=system_actor(daye.id, name="test"),
    )
    given = {"tenant": "daye", "username": "tenant_admin", "password": password_of(SECRET)}
    status, data = await ask(production, query=SIGN_IN, variables={"input": given})
    assert (status, data["signIn"]["userErrors"]) == (200, [])
    by_id = await ask(production, documentId=f"sha256:{digest_of(SIGN_IN)}", variables={"input": given})
    assert by_id[0] == 200

    token = {"authorization": f"Bearer {data['signIn']['credentials']['accessToken']}"}
    asked = {"documentId": f"sha256:{digest_of(VIEWER)}"}
    assert await ask(production, CONSOLE | token, **asked) == (200, {"viewer": {"username": "tenant_admin"}})
    assert await ask(production, CONSOLE | token, query=VIEWER) == (200, {"viewer": {"username": "tenant_admin"}})
    assert await ask(production, CONSOLE, query=INTROSPECTION) == (400, "INTROSPECTION_DISABLED")
    introspected = await ask(production, CONSOLE | token, query=INTROSPECTION)
    assert introspected == (200, {"__schema": {"queryType": {"name": "Query"}}})

    assert (await ask(production, MODERN | token, **asked))[1] == "PERSISTED_QUERY_NOT_FOUND"
    assert await ask(production, MODERN | token, query=VIEWER) == (400, "DOCUMENT_NOT_TRUSTED")
    assert await ask(production, CONSOLE | token, query=VIEWER + " ") == (400, "DOCUMENT_NOT_TRUSTED")


async def test_strangers_learn_nothing_of_the_schema(production: Client) -> None:
    for query in (VIEWER, INTROSPECTION, "{ viewr { username } }", "{"):
        assert await ask(production, query=query) == (400, "DOCUMENT_NOT_TRUSTED")


async def test_the_schema_as_text_is_there_for_the_signed_in_alone(platform: Platform, production: Client) -> None:
    token = await platform.sign_in("daye", "analyst")
    found = await production.get("/schema.graphql", headers={"authorization": f"Bearer {token}"})
    assert (found.status_code, "type Query {" in found.text) == (200, True)
    for headers in ({}, {"authorization": "Bearer x.y.z"}, {"x-tenant": "daye", "x-client": "console"}):
        for method in ("GET", "HEAD"):
            refused = await production.request(method, "/schema.graphql", headers=headers)
            assert (refused.status_code, "Query" in refused.text) == (404, False)


async def test_there_is_no_explorer_in_production(platform: Platform, production: Client) -> None:
    token = await platform.sign_in("daye", "tenant_admin")
    for path in ("/graphiql", "/graphiql/", "/graphiql/static/page.js"):
        for headers in ({}, {"authorization": f"Bearer {token}"}):
            assert (await production.get(path, headers=headers)).status_code == 404


async def test_errors_suggest_no_names(http: Client) -> None:
    for query in ("{ viewr { username } }", "{ viewer { usernam } }", "{ cases(frst: 1) { nodes { id } } }"):
        answer = (await http.post("/graphql", json={"query": query})).json()
        assert answer["errors"]
        assert "Did you mean" not in str(answer)
    wrong = "mutation($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }"
    answer = (await http.post("/graphql", json={"query": wrong, "variables": {"input": {"usernam": "a"}}})).json()
    assert answer["errors"]
    assert "Did you mean" not in str(answer)


@pytest.mark.parametrize(
    ("changes", "rule", "production"),
    [
        ({}, "any", False),
        ({"environment": "production"}, "trusted", True),
        ({"environment": "production", "documents": "any"}, "any", True),
        ({"documents": "trusted"}, "trusted", False),
    ],
)
async def test_settings_decide_the_rule(
    platform: Platform, redis_url: str, changes: Any, rule: str, production: bool
) -> None:
    settings = Settings.model_construct(**(settings_of(platform.urls, redis_url).model_dump() | changes))
    async with opened(settings, platform.services.database) as library:
        assert isinstance(library, Library)
        assert (library.rule, library.production) == (rule, production)
