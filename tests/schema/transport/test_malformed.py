"""Malformed input of every kind: always JSON with a code and a request id, never a 5xx, never a hang."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from schema.transport import request
from tests.fixtures.city import Platform

JSON = {"content-type": "application/json"}
MODERN = {**JSON, "accept": "application/graphql-response+json"}
QUERY = "query($n: Int, $text: String) { viewer { username } }"
WRONG_TYPES = (1, 1.5, True, "x", ["x"], {"x": 1})


def told(response: httpx.Response) -> dict[str, Any]:
    """The first error of an answer that is one."""
    assert response.headers["content-type"].endswith("json; charset=utf-8")
    body = response.json()
    assert "data" not in body
    error: dict[str, Any] = body["errors"][0]
    assert error["message"]
    return error


BODIES = [
    (b"", 400),
    (b" ", 400),
    (b"1", 400),
    (b'"x"', 400),
    (b"null", 400),
    (b"true", 400),
    (b"[]", 400),
    (b'[{"query": "{ __typename }"}]', 400),
    (b"[" * 100_000, 400),
    (b'{"query":' * 11_000, 400),
    (b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 2_000 + b"]" * 2_000 + b"}}", 400),
    (b"\xff\xfe", 400),
    (b'{"query": "{ \xff }"}', 400),
    (b'{"query": "\xed\xa0\x80"}', 400),
    (b'\xef\xbb\xbf{"query": "{ __typename }"}', 400),
    ('{"query": "{ __typename }"}'.encode("utf-16"), 400),
    (gzip.compress(b'{"query": "{ __typename }"}'), 400),
    (b"query=%7B__typename%7D", 400),
    (b"{}", 400),
    (b'{"query": "{ __typename }"', 400),
    (b'{"query": "{ __typename }"} {}', 400),
    (b"{'query': '{ __typename }'}", 400),
    (b'{"query": "  "}', 400),
    (b'{"query": null}', 400),
    (b'{"query": "{ __typename }", "x": "\\ud800"}', 400),
    (b'{"query": "{ __typename }", "variables": {"n": NaN}}', 400),
    (b'{"query": "{ __typename }", "variables": {"n": Infinity}}', 400),
    (b'{"query": "{ __typename }", "variables": {"n": 1e999}}', 400),
    (b'{"query": "{ __typename }", "variables": {"n": 01}}', 400),
    (b'{"documentId": null, "extensions": {}}', 400),
    (b'{"extensions": {"persistedQuery": 1}}', 400),
    (b'{"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "x"}}}', 400),
    (b'{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": ["x"]}}}', 400),
    (b" " * 100_001, 413),
    (b'{"query": "' + b"a" * 200_000 + b'"}', 413),
]


async def test_bodies_that_are_no_request(http: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for body, status in BODIES:
        with subtests.test(body=body[:80]):
            response = await http.post("/graphql", content=body, headers=JSON)
            assert response.status_code == status
            error = told(response)
            assert error["extensions"] == {"code": "BAD_REQUEST", "requestId": response.headers["x-request-id"]}


async def test_members_of_the_wrong_type(http: httpx.AsyncClient) -> None:
    members = ("query", "documentId", "operationName", "variables", "extensions")
    for member, value in itertools.product(members, WRONG_TYPES):
        if isinstance(value, dict if member in {"variables", "extensions"} else str):
            continue
        body = {"query": QUERY, member: value}
        for headers in (JSON, MODERN):
            response = await http.post("/graphql", json=body, headers=headers)
            assert response.status_code == 400, body
            assert told(response)["extensions"]["code"] == "BAD_REQUEST"


async def test_exactly_the_largest_body_is_read(http: httpx.AsyncClient) -> None:
    body = b'{"query": "{ __typename }"}'
    response = await http.post("/graphql", content=body + b" " * (request.MAX_BODY - len(body)), headers=JSON)
    assert response.json()["data"] == {"__typename": "Query"}


async def test_of_a_name_given_twice_the_last_counts(http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", content=b'{"query": "{", "query": "{ __typename }"}', headers=JSON)
    assert response.json()["data"] == {"__typename": "Query"}


DOCUMENTS = [
    ("{\x00}", {}),
    ('{ cases(filter: {number: {eq: "\x00"}}) { nodes { id } } }', {}),
    ("query\ufeff($\ud7ff: Int) { __typename }", {}),
    ('{ node(id: "\\ud800") { id } }', {}),
    ("query($n: Int!) { cases(first: $n) { nodes { id } } }", {"n": 10**30}),
    ("query($n: Int!) { cases(first: $n) { nodes { id } } }", {"n": 1.5}),
    ("query($n: Int!) { cases(first: $n) { nodes { id } } }", {"n": -(2**63)}),
    ("query($n: Int!) { cases(first: $n) { nodes { id } } }", {"n": {"n": [1]}}),
    ("{ cases(first: 99999999999999999999999) { nodes { id } } }", {}),
    ("{ cases(first: 1e400) { nodes { id } } }", {}),
    ("{ cases(first: 1.5) { nodes { id } } }", {}),
    ("{ " * 5_000, {}),
    ("query " + "a" * 20_000, {}),
    ("{ cases(filter: " + "{and: [" * 300 + "]}" * 300 + ") { nodes { id } } }", {}),
]


async def test_documents_and_variables_that_are_none(http: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for query, variables in DOCUMENTS:
        with subtests.test(query=query[:80], variables=variables):
            body = json.dumps({"query": query, "variables": variables})  # orjson writes no whole number above 64 bits
            modern = await http.post("/graphql", content=body, headers=MODERN)
            legacy = await http.post("/graphql", content=body, headers=JSON)
            assert (modern.status_code, legacy.status_code) == (400, 200)
            for response in (modern, legacy):
                code = told(response)["extensions"]["code"]
                assert code in {
                    "GRAPHQL_PARSE_FAILED",
                    "GRAPHQL_VALIDATION_FAILED",
                    "BAD_USER_INPUT",
                    "QUERY_TOO_COMPLEX",
                }


TEXTS = ("\x00", "a\x00b", "\x00" * 1000, "\ufffe", "\U0010ffff")
PLACES = (
    "query($text: ID!) { node(id: $text) { id } }",
    "query($text: ID!) { case(id: $text) { id } }",
    "query($text: String!) { cases(after: $text) { nodes { id } } }",
    "query($text: String!) { cases(filter: {category: {in: [$text]}}) { nodes { id } } }",
)


async def test_text_that_no_row_can_hold_finds_nothing_or_is_refused(
    http: httpx.AsyncClient, platform: Platform, subtests: pytest.Subtests
) -> None:
    headers = {**JSON, "authorization": f"Bearer {await platform.sign_in('daye', 'first_secretary')}"}
    for query, text in itertools.product(PLACES, TEXTS):
        with subtests.test(query=query, text=text):
            response = await http.post("/graphql", json={"query": query, "variables": {"text": text}}, headers=headers)
            assert response.status_code == 200
            codes = {error["extensions"]["code"] for error in response.json().get("errors", [])}
            assert codes <= {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}


FORMS = [
    {"content-type": "text/plain"},
    {"content-type": "text/plain, application/json"},
    {"content-type": "application/json, text/plain"},
    {"content-type": "text/plain; application/json"},
    {"content-type": "application/json; charset=utf-16"},
    {"content-type": "application/json; charset=latin-1"},
    {"content-type": "application/jsonx"},
    {"content-type": "application/x-www-form-urlencoded"},
    {"content-type": "multipart/form-data"},
    {"content-type": "multipart/form-data; boundary=x", "apollo-require-preflight": "1"},
    {"content-type": "application/graphql"},
    {"content-type": ";"},
    {"content-type": ""},
    {},
    {**JSON, "content-encoding": "gzip"},
    {**JSON, "content-encoding": "br, gzip"},
]


async def test_other_forms_of_a_body_are_refused(http: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for headers in FORMS:
        with subtests.test(headers=headers):
            response = await http.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
            assert response.status_code == 415
            assert told(response)["extensions"]["code"] == "BAD_REQUEST"


async def test_a_real_upload_is_refused(http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", files={"operations": b'{"query": "{ __typename }"}', "0": b"\x00" * 1000})
    assert response.status_code == 415


async def _parts(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_a_chunked_body_is_read_and_bounded(live: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://{live}") as client:
        whole = await client.post("/graphql", content=_parts(b'{"query": ', b'"{ __typename }"}'), headers=JSON)
        large = await client.post("/graphql", content=_parts(*[b" " * 10_000] * 11), headers=JSON)
    assert whole.json()["data"] == {"__typename": "Query"}
    assert large.status_code == 413
    told(large)


async def _raw(host: str, data: bytes) -> bytes:
    """What a server says to these bytes, up to the end of the connection."""
    name, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    writer.write(data)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


def _post(length: str, body: bytes) -> bytes:
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{length}content-type: application/json\r\n\r\n"
    return head.encode() + body


LENGTHS = [
    ("content-length: 27\r\n", b'{"query": "{ __typename }"}', b"200"),
    ("content-length: 5\r\n", b'{"query": "{ __typename }"}', b"400"),
    ("content-length: 0\r\n", b'{"query": "{ __typename }"}', b"400"),
    ("content-length: -1\r\n", b"{}", b"400"),
    ("content-length: x\r\n", b"{}", b"400"),
    ("content-length: 99999999999999999999999999\r\n", b"{}", b"400"),
    ("content-length: 100001\r\n", b"{}", b"413"),
    ("content-length: 28\r\n", b'{"query": "{ __typename }"}', b"408"),
    ("transfer-encoding: chunked\r\n", b"zz\r\n", b"400"),
    ("transfer-encoding: chunked\r\n", b"5\r\n{}", b"408"),
    ("", b'{"query": "{ __typename }"}', b"400"),
]


async def test_lengths_that_are_wrong(live: str, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests) -> None:
    for length, body, status in LENGTHS:
        with subtests.test(length=length, body=body):
            monkeypatch.setattr(request, "BODY_SECONDS", 0.3)
            answer = await _raw(live, _post(length, body))
            assert answer.startswith(b"HTTP/1.1 " + status), answer


QUERY_STRINGS = [
    ("query=%FF", 400),
    ("query=%ED%A0%80", 400),
    ("query={__typename}&query={__typename}", 400),
    ("query={__typename}&variables=[1", 400),
    ("query={__typename}&variables=[]", 400),
    ("query={__typename}&variables=1", 400),
    ("query={__typename}&extensions=x", 400),
    ("query={__typename}&extensions=[]", 400),
    ("query=", 400),
    ("", 400),
    ("&".join(["a=1"] * 60), 400),
    ("query={__typename}&variables=" + "[" * 30_000, 400),
    ("query=" + "a" * 32_763, 414),
]


async def test_query_strings_that_are_no_request(http: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for target, status in QUERY_STRINGS:
        with subtests.test(target=target[:80]):
            response = await http.get(f"/graphql?{target}", headers={"graphql-require-preflight": "1"})
            assert response.status_code == status
            assert told(response)["extensions"]["code"] == "BAD_REQUEST"
