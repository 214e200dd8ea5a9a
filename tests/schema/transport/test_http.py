"""GraphQL over HTTP: media types and statuses, GET, credentials, languages. Malformed input has its own tests."""

from __future__ import annotations

import hashlib

import httpx
import pytest

from server.main import application
from server.main import running as running_services
from tests.fixtures.city import Api, Platform, settings_of

JSON = {"content-type": "application/json"}
MODERN_TYPE = "application/graphql-response+json"
MODERN = {**JSON, "accept": MODERN_TYPE}
PREFLIGHTED = {"graphql-require-preflight": "1"}
TYPENAME = b'{"query": "{ __typename }"}'
ANSWER = {"__typename": "Query"}

ACCEPTED = [
    (None, "application/json"),
    ("", None),
    ("*/*", "application/json"),
    ("application/*", "application/json"),
    ("application/json", "application/json"),
    ("APPLICATION/JSON; charset=UTF-8", "application/json"),
    (MODERN_TYPE, MODERN_TYPE),
    (f"{MODERN_TYPE}; charset=utf-8, application/json; charset=utf-8", MODERN_TYPE),
    (f"application/json, {MODERN_TYPE}", MODERN_TYPE),
    (f"{MODERN_TYPE}, application/json;q=0.9", MODERN_TYPE),
    (f"{MODERN_TYPE};q=0.8, application/json;q=0.9", "application/json"),
    (f"{MODERN_TYPE};q=0.8, */*;q=0.1", MODERN_TYPE),
    (f"{MODERN_TYPE};q=0, */*", "application/json"),
    ("application/json;q=0, */*", MODERN_TYPE),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
    (f"{MODERN_TYPE}, application/graphql+json, application/json, text/event-stream, multipart/mixed", MODERN_TYPE),
    (f"{MODERN_TYPE}; charset=utf-16", None),
    ("text/html", None),
    ("application/jsonp", None),
    ("application/json;q=0", None),
    ("application/json;q=2", None),
    (", ;;, q", None),
]


async def test_the_answer_has_the_media_type_the_client_likes_best(
    http: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    del http.headers["accept"]
    for accept, media_type in ACCEPTED:
        with subtests.test(accept=accept):
            headers = JSON if accept is None else {**JSON, "accept": accept}
            response = await http.post("/graphql", content=TYPENAME, headers=headers)
            assert response.status_code == (200 if media_type else 406)
            assert response.headers["content-type"] == f"{media_type or 'application/json'}; charset=utf-8"
            assert response.json().get("data") == (ANSWER if media_type else None)


async def test_the_bodys_media_type_may_name_its_encoding(http: httpx.AsyncClient) -> None:
    for given in ("application/json;charset=utf-8", 'Application/JSON ; Charset="UTF-8"', "application/json; v=1"):
        response = await http.post("/graphql", content=TYPENAME, headers={"content-type": given})
        assert (response.status_code, response.json()["data"]) == (200, ANSWER)


async def test_extensions_and_members_that_nobody_knows_are_ignored(http: httpx.AsyncClient) -> None:
    body = {"query": "{ __typename }", "extensions": {"x": 1}, "x": 1, "variables": None, "operationName": None}
    assert (await http.post("/graphql", json=body)).json()["data"] == ANSWER


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "BAD_USER_INPUT"),
        ("query($n: Int!) { cases(first: $n) { nodes { id } } }", "BAD_USER_INPUT"),
        ("subscription { caseEvents { cursor } }", "BAD_USER_INPUT"),
    ],
)
async def test_faults_of_the_document_have_their_code_and_status(
    http: httpx.AsyncClient, query: str, code: str
) -> None:
    for headers, status in ((MODERN, 400), (JSON, 200)):
        response = await http.post("/graphql", json={"query": query}, headers=headers)
        assert response.status_code == status
        assert "data" not in response.json()
        assert {error["extensions"]["code"] for error in response.json()["errors"]} == {code}


async def test_an_operation_that_is_not_there_is_a_fault(http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", json={"query": "{ __typename }", "operationName": "Missing"}, headers=MODERN)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("header", ["graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name"])
async def test_a_query_in_the_url_needs_a_header_that_no_strange_page_can_send(
    http: httpx.AsyncClient, header: str
) -> None:
    parameters = {"query": "query Q($id: ID!) { __typename node(id: $id) { id } }", "variables": '{"id": "x"}'}
    asked = {"params": {**parameters, "operationName": ""}, "headers": {header: "1"}}
    response = await http.get("/graphql", **asked)  # type: ignore[arg-type]
    assert (response.status_code, response.json()["data"]["__typename"]) == (200, "Query")
    head = await http.head("/graphql", **asked)  # type: ignore[arg-type]
    assert (head.status_code, head.headers["content-type"]) == (200, response.headers["content-type"])


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer x"}, {"content-type": "text/plain"}, {"accept": MODERN_TYPE}, {"cookie": "a=b"}],
)
async def test_a_query_in_the_url_without_such_a_header_is_not_run(
    http: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    response = await http.get("/graphql", params={"query": "{ __typename }"}, headers=headers)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "CSRF_PREVENTED"
    assert "graphql-require-preflight" in error["message"]


async def test_a_document_id_in_the_url_is_looked_up_without_such_a_header(http: httpx.AsyncClient) -> None:
    unknown = "sha256:" + hashlib.sha256(b"{ nobody }").hexdigest()
    response = await http.get("/graphql", params={"documentId": unknown}, headers={"accept": MODERN_TYPE})
    code = response.json()["errors"][0]["extensions"]["code"]
    assert (response.status_code, code) == (400, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), ("*/*", 200), (MODERN_TYPE, 400)])
async def test_an_unknown_hash_is_told_as_apollos_protocol_has_it(
    http: httpx.AsyncClient, accept: str, status: int
) -> None:
    unknown = hashlib.sha256(b"{ nobody }").hexdigest()
    asked = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": unknown}}}
    response = await http.post("/graphql", json=asked, headers={"accept": accept})
    assert response.status_code == status
    assert response.json() == {
        "errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]
    }


@pytest.mark.parametrize("accept", [MODERN_TYPE, "application/json"])
async def test_a_mutation_in_the_url_is_not_run(http: httpx.AsyncClient, accept: str) -> None:
    parameters = {"query": "mutation { signOut(input: {}) { signedOut } }"}
    response = await http.get("/graphql", params=parameters, headers={**PREFLIGHTED, "accept": accept})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert "data" not in response.json()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "QUERY"])
async def test_other_methods_are_refused(http: httpx.AsyncClient, method: str) -> None:
    response = await http.request(method, "/graphql", content=TYPENAME, headers=JSON)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert response.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


async def test_a_wrong_token_is_told_apart_from_none(http: httpx.AsyncClient) -> None:
    for authorization in ("Bearer x.y.z", "Basic eDp5", "Bearer", "", "x" * 5_000):
        headers = {**JSON, "authorization": authorization}
        wrong = await http.post("/graphql", content=TYPENAME, headers=headers)
        assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, "Bearer")
        assert wrong.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    none = await http.post("/graphql", content=TYPENAME, headers=JSON)
    assert (none.status_code, none.json()["data"]) == (200, ANSWER)


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


async def test_an_empty_budget_is_told_with_the_time_to_wait(platform: Platform, redis_url: str) -> None:
    stranger = ("203.0.113.7", 4242)
    settings = settings_of(platform.urls, redis_url)
    settings = settings.model_copy(update={"anonymous_cost_capacity": 300, "anonymous_cost_restore": 1})
    query = {"query": "{ __schema { types { name fields { name } } } }"}
    async with running_services(settings) as services:
        transport = httpx.ASGITransport(application(services), client=stranger)
        async with httpx.AsyncClient(transport=transport, base_url="http://civicgrid.test") as client:
            answers = [await client.post("/graphql", json=query) for _ in range(4)]
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    last = answers[-1]
    assert (last.status_code, last.json()["errors"][0]["extensions"]["code"]) == (429, "THROTTLED")
    assert 1 <= int(last.headers["retry-after"]) <= 300


@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), (MODERN_TYPE, 400)])
async def test_more_than_a_full_budget_holds_is_refused_for_good(
    platform: Platform, redis_url: str, accept: str, status: int
) -> None:
    settings = settings_of(platform.urls, redis_url).model_copy(update={"cost_capacity": 100})
    headers = {"accept": accept, "authorization": f"Bearer {await platform.sign_in('daye', 'analyst')}"}
    query = {"query": "{ cases(first: 100) { nodes { id } } }"}
    async with running_services(settings) as services:
        transport = httpx.ASGITransport(application(services))
        async with httpx.AsyncClient(transport=transport, base_url="http://civicgrid.test", headers=headers) as client:
            refused = await client.post("/graphql", json=query)
            within = await client.post("/graphql", json={"query": "{ cases(first: 98) { nodes { id } } }"})
    (error,) = refused.json()["errors"]
    assert error["extensions"] == {
        "code": "QUERY_TOO_COMPLEX",
        "limit": "budget",
        "allowed": 100,
        "cost": 102,
        "capacity": 100,
    }
    assert error["message"] == (
        "This may cost 102 points and a full budget holds 100, so waiting does not help: make pages smaller, or ask in "
        "several requests."
    )
    assert (refused.status_code, refused.headers.get("retry-after")) == (status, None)
    assert within.json()["data"]["cases"] is not None


async def test_messages_come_in_chinese_when_asked(http: httpx.AsyncClient) -> None:
    query = {"query": "{ cases { nodes { id } } }"}
    body = (await http.post("/graphql", json=query, headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.5"})).json()
    assert "登录" in body["errors"][0]["message"]


async def test_a_request_id_is_kept_when_it_is_one(http: httpx.AsyncClient) -> None:
    kept = await http.post("/graphql", content=TYPENAME, headers={**JSON, "x-request-id": "from-the-page-1"})
    made = await http.post("/graphql", content=TYPENAME, headers={**JSON, "x-request-id": "<script>"})
    assert kept.headers["x-request-id"] == "from-the-page-1"
    assert made.headers["x-request-id"].isalnum()


async def test_answers_are_neither_kept_nor_guessed_at(http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", content=TYPENAME, headers=JSON)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "server" not in response.headers


async def test_health_answers_for_the_process_and_its_dependencies(http: httpx.AsyncClient) -> None:
    assert (await http.get("/livez")).json() == {"status": "ok"}
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "database": "ok", "redis": "ok"})
    assert ready.headers["x-content-type-options"] == "nosniff"


async def test_the_definition_can_be_downloaded(http: httpx.AsyncClient) -> None:
    response = await http.get("/schema.graphql")
    assert response.status_code == 200
    assert "type Case implements Node {" in response.text
