"""Answers are compressed when they are large and the client can read it."""

from __future__ import annotations

import gzip

import httpx
import pytest

LARGE = {"query": "{ __schema { types { name description fields { name description } } } }"}
SMALL = {"query": "{ __typename }"}


@pytest.mark.parametrize("media_type", ["application/json", "application/graphql-response+json"])
async def test_a_large_answer_is_compressed_for_who_can_read_it(http: httpx.AsyncClient, media_type: str) -> None:
    headers = {"accept": media_type, "accept-encoding": "gzip"}
    plain = await http.post("/graphql", json=LARGE, headers={**headers, "accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with http.stream("POST", "/graphql", json=LARGE, headers=headers) as response:
        sent = b"".join([part async for part in response.aiter_raw()])
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["content-length"] == str(len(sent))
    assert {"Origin", "Accept-Encoding"} <= {name.strip() for name in response.headers["vary"].split(",")}
    assert len(sent) * 3 < len(plain.content)
    assert gzip.decompress(sent).partition(b'"extensions"')[0] == plain.content.partition(b'"extensions"')[0]


async def test_a_small_answer_is_sent_as_it_is(http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", json=SMALL, headers={"accept-encoding": "gzip, br, zstd"})
    assert "content-encoding" not in response.headers
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
async def test_codings_that_browsers_know(http: httpx.AsyncClient, coding: str) -> None:
    async with http.stream("POST", "/graphql", json=LARGE, headers={"accept-encoding": coding}) as response:
        assert response.headers["content-encoding"] == coding
        assert len(b"".join([part async for part in response.aiter_raw()])) < 40_000
