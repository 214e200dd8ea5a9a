"""GraphQL over HTTP: whatever a client sends is answered with JSON and a status below 500."""

from __future__ import annotations

import httpx
import pytest

from tests.fixtures.city import Api, Platform

JSON = {"content-type": "application/json"}
MODERN = {**JSON, "accept": "application/graphql-response+json"}
TYPENAME = b'{"query": "{ __typename }"}'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"1", 400),
        (b'"x"', 400),
        (b"null", 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b"{}", 400),
        (b'{"query": 1}', 400),
        (b'{"query": "  "}', 400),
        (b'{"query": "{ __typename }", "variables": []}', 400),
        (b'{"query": "{ __typename }", "variables": 1}', 400),
        (b'{"query": "{ __typename }", "operationName": 1}', 400),
        (b'{"query": "{ __typename }", "operationName": "Missing"}', 400),
        (b'{"query": "subscription { caseEvents { cursor } }"}', 400),
        (b'{"query": "{ __typename }", "x": "\\ud800"}', 400),
        (b" " * 100_001, 413),
    ],
)
async def test_malformed_bodies_are_refused(http: httpx.AsyncClient, body: bytes, status: int) -> None:
    response = await http.post("/graphql", content=body, headers=JSON)
    assert response.status_code == status
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]


@pytest.mark.parametrize("media_type", ["text/plain", "text/plain, application/json", "multipart/form-data", ""])
async def test_other_media_types_are_refused(http: httpx.AsyncClient, media_type: str) -> None:
    response = await http.post("/graphql", content=TYPENAME, headers={"content-type": media_type})
    assert response.status_code == 415


async def test_other_methods_are_refused(http: httpx.AsyncClient) -> None:
    response = await http.get("/graphql", params={"query": "{ __typename }"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_faults_of_the_document_have_their_code_and_status(http: httpx.AsyncClient) -> None:
    for query, code in (("{", "GRAPHQL_PARSE_FAILED"), ("{ nope }", "GRAPHQL_VALIDATION_FAILED")):
        modern = await http.post("/graphql", json={"query": query}, headers=MODERN)
        legacy = await http.post("/graphql", json={"query": query}, headers=JSON)
        assert (modern.status_code, legacy.status_code) == (400, 200)
        assert modern.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
        assert "data" not in modern.json()
        assert {error["extensions"]["code"] for error in modern.json()["errors"]} == {code}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query A { __typename } query B { __typename }", {}),
        ("query($n: Int!) { cases(first: $n) { nodes { id } } }", {}),
        ("query($n: Int!) { cases(first: $n) { nodes { id } } }", {"n": "many"}),
        ("query($n: Int!) { cases(first: $n) { nodes { id } } }", {"n": 10**30}),
    ],
)
async def test_requests_that_cannot_be_executed_have_no_data(
    http: httpx.AsyncClient,
    query: str,
    variables: dict[str, object],
) -> None:
    response = await http.post("/graphql", json={"query": query, "variables": variables}, headers=MODERN)
    assert response.status_code == 400
    body = response.json()
    assert "data" not in body
    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "query",
    [
        "{" + " ".join(f"a{n}: __typename" for n in range(31)) + "}",
        "{ cases { nodes " + "{ organization { parent " * 8 + "{ id }" + "}}" * 8 + "}}",
        "{" + " __typename" * 2001 + "}",
    ],
    ids=["aliases", "depth", "tokens"],
)
async def test_limits_refuse_before_anything_runs(http: httpx.AsyncClient, query: str) -> None:
    for _ in range(2):  # also when the verdict comes from memory
        body = (await http.post("/graphql", json={"query": query}, headers=JSON)).json()
        assert "data" not in body
        assert body["errors"][0]["extensions"]["code"] in {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}


async def test_a_wrong_token_is_told_apart_from_none(http: httpx.AsyncClient) -> None:
    wrong = await http.post("/graphql", content=TYPENAME, headers={**JSON, "authorization": "Bearer x.y.z"})
    assert (wrong.status_code, wrong.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    basic = await http.post("/graphql", content=TYPENAME, headers={**JSON, "authorization": "Basic eDp5"})
    assert basic.status_code == 401
    none = await http.post("/graphql", content=TYPENAME, headers=JSON)
    assert (none.status_code, none.json()) == (200, {"data": {"__typename": "Query"}})


async def test_reading_without_signing_in_is_an_error_of_the_field(api: Api) -> None:
    body = await api("daye", None, "{ cases { nodes { id } } }")
    assert body["data"] is None
    (error,) = body["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["cases"], "UNAUTHENTICATED")


async def test_a_header_that_names_another_city_is_refused(http: httpx.AsyncClient, platform: Platform) -> None:
    token = await platform.sign_in("daye", "tenant_admin")
    headers = {**JSON, "authorization": f"Bearer {token}"}
    own = await http.post("/graphql", content=TYPENAME, headers={**headers, "x-tenant": "daye"})
    other = await http.post("/graphql", content=TYPENAME, headers={**headers, "x-tenant": "jiamusi"})
    assert own.status_code == 200
    assert (other.status_code, other.json()["errors"][0]["extensions"]["code"]) == (400, "TENANT_MISMATCH")


async def test_messages_come_in_chinese_when_asked(http: httpx.AsyncClient) -> None:
    query = {"query": "{ cases { nodes { id } } }"}
    body = (await http.post("/graphql", json=query, headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.5"})).json()
    assert "登录" in body["errors"][0]["message"]


async def test_health_answers_for_the_process_and_its_dependencies(http: httpx.AsyncClient) -> None:
    assert (await http.get("/livez")).json() == {"status": "ok"}
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "database": "ok", "redis": "ok"})
    assert ready.headers["x-content-type-options"] == "nosniff"


async def test_the_definition_can_be_downloaded(http: httpx.AsyncClient) -> None:
    response = await http.get("/schema.graphql")
    assert response.status_code == 200
    assert "type Case implements Node {" in response.text
