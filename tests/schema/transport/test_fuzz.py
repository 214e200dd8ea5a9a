"""Thousands of damaged requests: none is our fault, and each is answered in JSON."""

from __future__ import annotations

import random
import secrets

import httpx
import orjson
import pytest

from tests.fixtures.city import Platform

GOOD = (
    {"query": "{ viewer { username } }"},
    {"query": "query A($n: Int = 3) { cases(first: $n) { totalCount nodes { id } } }", "variables": {"n": 2}},
    {"query": "query($id: ID!) { node(id: $id) { id ... on Case { title } } }", "variables": {"id": "case_1"}},
    {"query": "{ a: members(first: 2) { nodes { id ...M } } } fragment M on Member { name }", "operationName": None},
    {"query": "mutation { signOut(input: {}) { signedOut } }", "extensions": {"x": [1, {"y": None}]}},
    {"documentId": "sha256:" + "0" * 64, "variables": {"x": "\u4e2d\U0001f3d8"}},
    {"query": "{ __typename }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "a" * 64}}},
)
TOKENS = (
    *(b"{", b"}", b"[", b"]", b"(", b")", b'"', b"\\", b",", b":", b"...", b"$", b"@include(if: true)", b"# "),
    *(b"\x00", b"\\u0000", b"\\ud800", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r\n", b"\xe2\x80\xa8"),
    *(b"null", b"true", b"-1", b"0", b"1e999", b"99999999999999999999", b"2147483648", b"NaN", b'"""', b"[" * 300),
)
HEADERS = {
    "content-type": ("application/json", "text/plain", "application/json; charset=x", "multipart/form-data", "\xff;;"),
    "accept": ("application/graphql-response+json", "*/*", "text/html", ";q=", "application/json;q=nan", ",,,"),
    "accept-language": ("zh", "en;q=x", "zh;q=1e9", "\xe4", "*" * 500),
    "authorization": ("Bearer", "Bearer x.y.z", "Basic x", "bearer  \xff", "\x7f"),
    "x-request-id": ("", "x" * 65, "a-good-request-id", "\xe4\xb8\xad"),
    "x-tenant": ("daye", "jiamusi", "nowhere", "", "\xff", "../.."),
    "x-client": ("console", "nobody", "", "\xff"),
    "origin": ("null", "https://console.example", "\xff"),
    "content-encoding": ("gzip", "identity", "x"),
    "accept-encoding": ("gzip", "zstd;q=x", "\xff", "br, gzip;q=0"),
    "graphql-require-preflight": ("1", ""),
}


def damaged(chance: random.Random, body: bytes) -> bytes:
    """The body after up to six accidents."""
    found = bytearray(body)
    for _ in range(chance.randint(0, 6)):
        at = chance.randint(0, len(found))
        until = min(len(found), at + chance.choice((1, 1, 2, 8, 40)))
        match chance.randrange(5):
            case 0:
                found[at:until] = b""
            case 1:
                found[at:at] = found[at:until] * chance.randint(1, 50)
            case 2:
                found[at:until] = chance.randbytes(until - at)
            case _:
                found[at : chance.choice((at, until))] = chance.choice(TOKENS)
    return bytes(found)


def headers_of(chance: random.Random, token: str) -> list[tuple[bytes, bytes]]:
    """Good headers, some of them replaced, left out or doubled."""
    found = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    lines = list(found.items())
    for _ in range(chance.choice((0, 0, 1, 2, 4))):
        name = chance.choice(list(HEADERS))
        if chance.random() < 0.7:
            lines = [line for line in lines if line[0] != name]
        if chance.random() < 0.9:
            lines.append((name, chance.choice(HEADERS[name])))
    return [(name.encode(), value.encode("latin-1")) for name, value in lines]


async def fuzz(http: httpx.AsyncClient, token: str, count: int) -> None:
    """Send so many damaged requests; an answer that is none fails with the seed that makes it again."""
    seed = secrets.randbits(32)
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be unguessable
    for number in range(count):
        body = damaged(chance, orjson.dumps(chance.choice(GOOD)))
        headers = headers_of(chance, token)
        if chance.random() < 0.8:
            response = await http.post("/graphql", content=body, headers=headers)
        else:
            query = httpx.QueryParams({"query": body.decode("latin-1")[:4_000]})
            response = await http.get("/graphql", params=query, headers=headers)
        told = f"seed {seed}, request {number}: {headers} {body!r} {response.status_code} {response.content!r}"
        assert response.status_code in {200, 400, 401, 405, 406, 413, 414, 415, 429}, told
        answer = orjson.loads(response.content)
        assert "data" in answer or answer["errors"], told
        for error in answer.get("errors", []):
            assert error["extensions"]["code"] != "INTERNAL_SERVER_ERROR", told


async def test_three_thousand_damaged_requests(http: httpx.AsyncClient, platform: Platform) -> None:
    await fuzz(http, await platform.sign_in("daye", "first_secretary"), 3_000)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_ten_thousand_damaged_requests(http: httpx.AsyncClient, platform: Platform) -> None:
    await fuzz(http, await platform.sign_in("daye", "first_secretary"), 10_000)
