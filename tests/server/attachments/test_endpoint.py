"""Sending and fetching over HTTP: wrong lengths, slow and vanishing clients, altered links, parts of files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import time_machine

from server.attachments import endpoint
from server.attachments.models import Attachment
from server.files.links import Links
from server.files.store import key_of
from server.main import application
from tenants.clock import now
from tenants.ids import uuid7
from tests.fixtures.live import serving
from tests.fixtures.sending import announce, put, seen, sent
from tests.fixtures.town import Town
from tests.server.files import samples

NOTHING = {"errors": [{"message": "No such file.", "extensions": {"code": "NOT_FOUND"}}]}


@pytest.fixture
async def people(town: Town) -> Town:
    await town.resident("resident")
    return town


@pytest.fixture
async def address(people: Town) -> AsyncIterator[str]:
    """``host:port`` of a server on a real socket."""
    async with serving(application(people.services)) as found:
        yield found


async def link(town: Town, file: str, name: str = "url") -> str:
    found = await seen(town, "resident", file)
    assert found is not None
    value: str = found[name]
    return value


async def state(town: Town, payload: dict[str, Any]) -> str:
    found = await seen(town, "resident", payload["attachment"]["id"])
    assert found is not None
    value: str = found["state"]
    return value


async def raw(address: str, *pieces: bytes, pause: float = 0, leaving: bool = False) -> bytes:
    """Send pieces of a request as they are and read to the end, or leave without waiting for an answer."""
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        return b"" if leaving else await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


def head(payload: dict[str, Any], length: int | None, kind: str = "text/plain", *, method: str = "PUT") -> bytes:
    lines = [f"{method} {payload['uploadUrl']} HTTP/1.1", "Host: x", f"Content-Type: {kind}", "Connection: close"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


async def test_a_file_of_another_length_is_not_taken_and_the_link_stays_good(
    people: Town, web: httpx.AsyncClient
) -> None:
    data = samples.TEXT
    payload = await announce(people, "resident", data, "text/plain")
    for wrong in (data[:-1], data + b"x", b""):
        response = await put(web, payload, wrong)
        assert (response.status_code, response.json()["errors"][0]["extensions"]) == (
            400,
            {"code": "UPLOAD_WRONG_LENGTH"},
        )
    assert await state(people, payload) == "PENDING"
    assert (await put(web, payload, data)).status_code == 204


async def test_a_film_of_films_is_refused_for_good(people: Town, web: httpx.AsyncClient) -> None:
    """3,000 boxes in one another: a refusal, and not a fault of ours that leaves the file in hand."""
    inside = b""
    for kind in (b"trak",) * 3_000 + (b"moov",):
        inside = samples.box(kind, inside)
    data = samples.box(b"ftyp", b"isom", b"\x00" * 4) + inside
    payload = await announce(people, "resident", data, "video/mp4")
    response = await put(web, payload, data)
    error = response.json()["errors"][0]
    assert (response.status_code, error["extensions"]) == (422, {"code": "UPLOAD_REFUSED", "reason": "UNREADABLE"})
    assert await state(people, payload) == "REFUSED"
    assert (await put(web, payload, data)).status_code == 404


async def test_a_client_that_claims_another_type_is_told_so(people: Town, web: httpx.AsyncClient) -> None:
    payload = await announce(people, "resident", samples.TEXT, "text/plain")
    response = await put(web, payload, samples.TEXT, **{"content-type": "text/html"})
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (415, "UPLOAD_WRONG_TYPE")
    charset = {"content-type": "Text/Plain; charset=utf-8"}
    assert (await put(web, payload, samples.TEXT, **charset)).status_code == 204


async def test_a_body_without_length_is_not_taken(people: Town, address: str) -> None:
    payload = await announce(people, "resident", samples.TEXT, "text/plain")
    chunked = head(payload, None).replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    answer = await raw(address, chunked, b"4\r\nabcd\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"UPLOAD_WRONG_LENGTH" in answer
    assert await state(people, payload) == "PENDING"


async def test_an_upload_that_breaks_off_leaves_the_link_good(
    people: Town, address: str, web: httpx.AsyncClient
) -> None:
    payload = await announce(people, "resident", samples.TEXT, "text/plain")
    await raw(address, head(payload, len(samples.TEXT)), samples.TEXT[:10], leaving=True)
    assert await state(people, payload) == "PENDING"
    assert (await put(web, payload, samples.TEXT)).status_code == 204


async def test_a_client_that_stalls_is_sent_away(
    people: Town, address: str, web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "PIECE_SECONDS", 0.2)
    payload = await announce(people, "resident", samples.TEXT, "text/plain")
    answer = await raw(address, head(payload, len(samples.TEXT)), samples.TEXT[:10], pause=0.4)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"UPLOAD_TOO_SLOW" in answer
    assert await state(people, payload) == "PENDING"
    assert (await put(web, payload, samples.TEXT)).status_code == 204


async def test_a_client_that_trickles_is_sent_away(people: Town, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece in time, and all of them never done."""
    monkeypatch.setattr(endpoint, "UPLOAD_SECONDS", 0.5)
    payload = await announce(people, "resident", samples.TEXT, "text/plain")
    pieces = [samples.TEXT[at : at + 1] for at in range(4)]
    answer = await raw(address, head(payload, len(samples.TEXT)), *pieces, pause=0.1)
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_altered_foreign_expired_and_used_links_are_one_and_the_same_nothing(
    people: Town, web: httpx.AsyncClient
) -> None:
    data = samples.TEXT
    payload = await announce(people, "resident", data, "text/plain")
    upload = payload["uploadUrl"]
    file = await sent(people, web, "resident", data, "text/plain")
    download = await link(people, file)
    stranger = Links("the secret of another installation, long enough")
    leave = people.services.files.links.open_upload(
        urlsplit(upload).path, dict(httpx.QueryParams(urlsplit(upload).query))
    )
    assert leave is not None
    for wrong in (
        upload.replace("bytes=", "bytes=1"),
        upload.replace("text%2Fplain", "image%2Fpng"),
        upload.replace(str(people.tenant_id), str(uuid7())),
        upload[:-2],
        upload.split("?")[0],
        stranger.upload(leave),
        f"/uploads/{people.tenant_id}/../{people.tenant_id}",
        f"/uploads/{people.tenant_id}/%2e%2e%2fetc",
    ):
        response = await web.put(wrong, content=data)
        assert (response.status_code, response.json() if response.content[:1] == b"{" else NOTHING) == (404, NOTHING)
    for wrong in (
        download.replace("/file?", "/thumbnail?"),
        download.replace(str(people.tenant_id), str(uuid7())),
        download[:-2],
        download.split("?")[0],
        download + "&more=1",
        upload,
    ):
        response = await web.get(wrong)
        assert response.status_code in {404, 405}
        if response.status_code == 404:
            assert response.json() == NOTHING
    with time_machine.travel(now() + timedelta(minutes=16)):
        assert ((await web.get(download)).status_code, (await put(web, payload, data)).status_code) == (404, 404)
    assert await state(people, payload) == "PENDING"


async def test_a_link_to_a_file_that_is_gone_is_nothing(people: Town, web: httpx.AsyncClient) -> None:
    file = await sent(people, web, "resident", samples.image())
    found = await link(people, file), await link(people, file, "thumbnailUrl")
    (row,) = await people.rows(Attachment)
    store = people.services.files.store
    await store.remove(key_of(people.tenant_id, row.id))
    assert (await web.get(found[0])).json() == NOTHING
    async with people.services.database.write(people.tenant_id) as session:
        await session.delete(row)
    for each in found:
        response = await web.get(each)
        assert (response.status_code, response.json()) == (404, NOTHING)


async def test_parts_of_a_file_are_served(people: Town, web: httpx.AsyncClient) -> None:
    """RFC 9110, 14: a film is watched from its middle."""
    data = bytes(samples.film(more=samples.box(b"free", b"\x00" * 600_000)))
    url = await link(people, await sent(people, web, "resident", data, "video/mp4"))
    whole = await web.get(url, headers={"accept-encoding": "gzip, zstd"})
    assert (whole.status_code, len(whole.content), whole.headers["accept-ranges"]) == (200, len(data), "bytes")
    assert "content-encoding" not in whole.headers
    size = len(data)
    for asked, start, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=100-", 100, size),
        ("bytes=300000-300009", 300_000, 300_010),
        ("bytes=-5", size - 5, size),
        (f"bytes=10-{size * 9}", 10, size),
    ):
        response = await web.get(url, headers={"range": asked})
        assert (response.status_code, response.content) == (206, whole.content[start:end])
        assert response.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    for asked in ("bytes=5-2", "bytes=-", "lines=1-2", "bytes=1-2,4-5", "bytes=a-b"):
        assert (await web.get(url, headers={"range": asked})).status_code == 200
    for asked in (f"bytes={size}-", "bytes=-0"):
        response = await web.get(url, headers={"range": asked})
        assert (response.status_code, response.headers["content-range"]) == (416, f"bytes */{size}")


async def test_a_head_tells_of_a_file_without_sending_it(people: Town, address: str, web: httpx.AsyncClient) -> None:
    url = await link(people, await sent(people, web, "resident", samples.TEXT, "text/plain"))
    answer = await raw(address, f"HEAD {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    first, _, body = answer.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 ")
    assert f"content-length: {len(samples.TEXT)}".encode() in first
    assert b"content-type: text/plain; charset=utf-8" in first
    assert body == b""


async def test_pages_of_strangers_may_not_send_files(people: Town, web: httpx.AsyncClient) -> None:
    payload = await announce(people, "resident", samples.TEXT, "text/plain")
    response = await web.options(payload["uploadUrl"], headers={"origin": "https://evil.test"})
    assert "access-control-allow-origin" not in response.headers
    origins = await people.services.registry.origins()
    for origin in sorted(origins)[:1]:
        response = await web.options(payload["uploadUrl"], headers={"origin": origin})
        assert response.headers["access-control-allow-origin"] == origin
        assert response.headers["access-control-allow-methods"] == "PUT"


async def test_large_files_and_many_of_them_arrive_whole(people: Town, address: str) -> None:
    """Over a real socket, several at once."""
    data = samples.film(more=samples.box(b"free", b"\x00" * 3_000_000))
    payloads = [await announce(people, "resident", data, "video/mp4") for _ in range(4)]
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=30) as client:
        answers = await asyncio.gather(*[client.put(each["uploadUrl"], content=data) for each in payloads])
        assert [answer.status_code for answer in answers] == [204] * 4
        url = await link(people, payloads[0]["attachment"]["id"])
        assert len((await client.get(url)).content) == len(data)
