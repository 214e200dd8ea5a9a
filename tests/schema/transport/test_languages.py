"""Faults of requests are told in the language asked for, with their place, over HTTP and WebSocket."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import websockets

from server.main import application, running
from tests.fixtures.city import Platform, settings_of
from tests.fixtures.live import serving
from tests.schema.transport.test_socket_documents import connected
from tests.schema.transport.test_websocket import PROTOCOL, hear, say

JSON = {"content-type": "application/json"}
CHINESE = {**JSON, "accept-language": "zh-CN"}
HAN = re.compile(r"[\u4e00-\u9fff]")
Asked = dict[str, Any]


@pytest.fixture
async def bearer(platform: Platform) -> dict[str, str]:
    """Somebody of Daye."""
    return {"authorization": f"Bearer {await platform.sign_in('daye', 'tenant_admin')}"}


def query(text: str, **variables: Any) -> Asked:
    return {"query": text, "variables": variables}


SMALL = "{ viewer { username } }"
OVERLAPPING = "{ " + "viewer { member { organization { id name code } } username tenant roles permissions } " * 20 + "}"
COUNTS = " ".join(f"c{n}: countBy(key: STATUS) {{ count }}" for n in range(6))
OWN: list[tuple[Asked, str]] = [
    (query("{ cases(first: 101) { nodes { id } } }"), "BAD_USER_INPUT"),
    (query("{ cases(first: 1, last: 1) { nodes { id } } }"), "BAD_USER_INPUT"),
    (query('{ cases(after: "x") { nodes { id } } }'), "BAD_USER_INPUT"),
    (query('{ cases(filter: {search: "-"}) { nodes { id } } }'), "BAD_USER_INPUT"),
    (query('{ case(id: "grid_0192f3c4-0000-7000-8000-000000000000") { id } }'), "BAD_USER_INPUT"),
    (query("{ cases { countBy(key: STATUS, first: 101) { count } } }"), "BAD_USER_INPUT"),
    (query("query($k: Boolean = true) { viewer @skip(if: $k) { username } }", k=None), "BAD_USER_INPUT"),
    (query(SMALL, a=[1] * 1_001), "BAD_USER_INPUT"),
    ({"query": SMALL, "operationName": "Missing"}, "BAD_USER_INPUT"),
    ({"documentId": "x"}, "BAD_USER_INPUT"),
    (query("subscription { caseEvents { cursor } }"), "BAD_USER_INPUT"),
    (query("{ viewer {" + "username " * 21 + "} }"), "QUERY_TOO_COMPLEX"),
    (query("{" + "#\n" * 5_001 + "viewer { username } }"), "QUERY_TOO_COMPLEX"),
    (query("{ grids(first: 100) { nodes { cases(first: 100) { nodes { id } } } } }"), "QUERY_TOO_COMPLEX"),
    (
        query(
            "{ " + " ".join(f"a{n}: viewer {{ {'member { id organization { id } } ' * 15} }}" for n in range(20)) + " }"
        ),
        "QUERY_TOO_COMPLEX",
    ),
    (query("{ __a: viewer { username } }"), "GRAPHQL_VALIDATION_FAILED"),
    ({"query": ""}, "BAD_REQUEST"),
    ({"query": 1}, "BAD_REQUEST"),
    ({"query": SMALL, "variables": []}, "BAD_REQUEST"),
]


async def test_our_own_words_come_in_the_language_asked_for(
    http: httpx.AsyncClient, bearer: dict[str, str], subtests: pytest.Subtests
) -> None:
    """Each is asked for in turns, because faults of a document are remembered for all who send it."""
    for asked, code in OWN:
        with subtests.test(asked=str(asked)[:80]):
            told = []
            for headers in (CHINESE, JSON, CHINESE):
                body = (await http.post("/graphql", json=asked, headers=headers | bearer)).json()
                (error,) = body["errors"]
                assert error["extensions"]["code"] == code
                told.append(error["message"])
            assert [bool(HAN.search(message)) for message in told] == [True, False, True], told
            assert told[0] == told[2]


async def test_graphqls_own_words_stay_english(http: httpx.AsyncClient) -> None:
    for asked in (
        {"query": "{"},
        {"query": "{ nothing }"},
        query("query($n: Int!) { cases(first: $n) { totalCount } }"),
    ):
        (error,) = (await http.post("/graphql", json=asked, headers=CHINESE)).json()["errors"]
        assert not HAN.search(error["message"])


@pytest.mark.parametrize(
    ("method", "body", "headers", "status", "code"),
    [
        ("PUT", b"", {}, 405, "METHOD_NOT_ALLOWED"),
        ("POST", b"{", {}, 400, "BAD_REQUEST"),
        ("POST", b" " * 100_001, {}, 413, "BAD_REQUEST"),
        ("POST", b"{}", {"content-type": "text/plain"}, 415, "BAD_REQUEST"),
        ("POST", b"{}", {"accept": "text/html"}, 406, "BAD_REQUEST"),
        ("GET", b"", {}, 400, "CSRF_PREVENTED"),
        (
            "POST",
            b'{"query":"{__typename}"}',
            {"x-client": "a", "apollographql-client-name": "b"},
            400,
            "CLIENT_AMBIGUOUS",
        ),
    ],
)
async def test_what_is_no_request_is_told_in_the_language_asked_for(
    http: httpx.AsyncClient, method: str, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    for spoken, chinese in ((CHINESE, True), (JSON, False)):
        response = await http.request(method, "/graphql", content=body, headers={**spoken, **headers})
        (error,) = response.json()["errors"]
        assert (response.status_code, error["extensions"]["code"]) == (status, code)
        assert bool(HAN.search(error["message"])) is chinese


async def test_the_same_application_may_be_named_twice(http: httpx.AsyncClient) -> None:
    headers = {"x-client": "console", "apollographql-client-name": "console"}
    response = await http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert response.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 40_000 + b"]" * 40_000 + b"}}", "nested too deep"),
        (b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}', "unpaired surrogate"),
        (b'{"query": "{ __typename }", "variables": {"a": "\\udc00"}}', "unpaired surrogate"),
        (b'{"query": "{ __typename }", "variables": {"a": 1e999}}', "too large"),
        (b'{"query": "{ __typename }",}', "not JSON"),
        (b'{"query": "\xff"}', "not in UTF-8"),
    ],
)
async def test_a_body_that_is_not_read_is_told_why(http: httpx.AsyncClient, body: bytes, said: str) -> None:
    response = await http.post("/graphql", content=body, headers=JSON)
    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "BAD_REQUEST")
    assert said in error["message"]


async def test_faults_of_a_document_have_their_place(http: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    asked = {"query": "query Q {\n  viewer { username }\n  nothing\n}"}
    for _ in range(2):  # the second is remembered
        (error,) = (await http.post("/graphql", json=asked, headers=JSON)).json()["errors"]
        assert error["locations"] == [{"line": 3, "column": 3}]
    groups = query("{\n  cases {\n    countBy(key: STATUS, first: 101) { count }\n  }\n}")
    (error,) = (await http.post("/graphql", json=groups, headers=JSON | bearer)).json()["errors"]
    assert (error["path"], error["locations"]) == (["cases"], [{"line": 3, "column": 5}])
    assert error["message"] == "'countBy' counts 1 to 100 groups, the largest: there is no next page of them."
    nested = query("{ grids {\n nodes { cases(first: 101) { totalCount } } } }")
    (error,) = (await http.post("/graphql", json=nested, headers=JSON | bearer)).json()["errors"]
    assert (error["path"], error["locations"]) == (["grids"], [{"line": 2, "column": 10}])


@pytest.mark.parametrize(
    ("text", "limit", "allowed"),
    [
        ("{ grids(first: 100) { nodes { cases(first: 100) { nodes { id } } } } }", "nodes", 10_000),
        (f"{{ grids(first: 100) {{ nodes {{ cases {{ {COUNTS} }} }} }} }}", "cost", 50_000),
        (OVERLAPPING, "work", 5_000),
    ],
)
async def test_a_limit_has_its_name_and_number(
    http: httpx.AsyncClient, bearer: dict[str, str], text: str, limit: str, allowed: int
) -> None:
    (error,) = (await http.post("/graphql", json=query(text), headers=JSON | bearer)).json()["errors"]
    told = error["extensions"]
    assert (told["code"], told["limit"], told["allowed"]) == ("QUERY_TOO_COMPLEX", limit, allowed)


async def test_an_empty_budget_is_told_in_the_language_asked_for(platform: Platform, redis_url: str) -> None:
    settings = settings_of(platform.urls, redis_url)
    settings = settings.model_copy(update={"anonymous_cost_capacity": 300, "anonymous_cost_restore": 1})
    asked = query('{ __type(name: "Case") { name } }')
    async with running(settings) as services:
        transport = httpx.ASGITransport(application(services), client=("203.0.113.8", 4242))
        async with httpx.AsyncClient(transport=transport, base_url="http://civicgrid.test") as client:
            answers = [await client.post("/graphql", json=asked, headers=CHINESE) for _ in range(20)]
    told = [answer.json()["errors"][0] for answer in answers if answer.status_code == 429]
    assert {error["extensions"]["code"] for error in told} == {"THROTTLED"}
    assert [error["message"] for error in told if not HAN.search(error["message"])] == []
    assert len({error["message"] for error in told}) == 2  # of the budget, and of the door, which reads nothing


async def test_a_socket_is_answered_in_the_language_asked_for(platform: Platform, bearer: dict[str, str]) -> None:
    payloads = [
        asked for asked, _code in OWN if "subscription" not in str(asked) and isinstance(asked.get("query", ""), str)
    ]
    foreign = query('subscription { caseEvents(after: "x") { cursor } }')
    async with serving(application(platform.services)) as host:
        for language, chinese in (("zh-CN", True), ("en", False)):
            async with connected(host, **bearer, **{"accept-language": language}) as socket:
                for number, asked in enumerate([foreign, *payloads[:9], {}]):
                    await say(socket, type="subscribe", id=f"{number}", payload=asked)
                    heard = await hear(socket)
                    told = heard["payload"] if heard["type"] == "error" else heard["payload"]["errors"]
                    assert [bool(HAN.search(error["message"])) for error in told] == [chinese], (asked, told)
                    if heard["type"] == "next":
                        assert (await hear(socket))["type"] == "complete"


async def test_a_socket_may_name_its_application_beside_the_headers_of_its_upgrade(platform: Platform) -> None:
    headers = {"x-client": "a", "apollographql-client-name": "b"}
    async with serving(application(platform.services)) as host:
        address = f"ws://{host}/graphql"
        async with websockets.connect(address, subprotocols=[PROTOCOL], additional_headers=headers) as socket:
            await say(socket, type="connection_init")
            await socket.wait_closed()
    assert socket.close_code == 4403
