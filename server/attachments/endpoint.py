"""Files over HTTP: sent to a one-time link, fetched from a short-lived one. Neither asks for a token: the link is it.

An altered, a foreign, an expired and a used link are the same 404, and so is a file that is gone.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO
from uuid import UUID, uuid4

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from server.attachments.models import Attachment
from server.attachments.service.receiving import awaited, fetchable, settle, take_in_hand
from server.errors import Conflict, NotFound
from server.files.inspection import Kept, inspected
from server.files.kinds import MediaType
from server.files.links import DOWNLOADS, UPLOADS, Upload, Variant
from server.files.names import disposition
from server.files.refusals import Reason, Refused
from server.files.service import Files
from server.files.store import StoreAway, key_of
from server.transactions import Transactions
from tenants.context import Actor
from tenants.registry import Registry
from tenants.sessions import Database

UPLOAD_SECONDS = 120.0
PIECE_SECONDS = 20.0
_IN_MEMORY = 262_144
_RANGE = re.compile(r"bytes=(?P<start>[0-9]{0,12})-(?P<end>[0-9]{0,12})", re.ASCII)
_HOUR = "3600"
_STORE_SECONDS = 45.0  # less than a file is in one process's hands (``receiving.IN_HAND``)
_UNKEPT = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the routes work with."""

    files: Files
    database: Database
    transactions: Transactions
    registry: Registry


class _Answer(Exception):
    """A refusal, as it is sent. ``data``: further words beside the code.

    Only who is too slow is cut off (408): closed on while it is still sending, a client would not read why.
    """

    def __init__(self, status: int, code: str, message: str, **data: str) -> None:
        super().__init__(code)
        error = {"message": message, "extensions": {"code": code, **data}}
        parting = {"connection": "close"} if status == HTTPStatus.REQUEST_TIMEOUT else {}
        self.response = JSONResponse({"errors": [error]}, status, {**parting, **_UNKEPT})


def file_routes(files: Files, database: Database, transactions: Transactions, registry: Registry) -> list[BaseRoute]:
    """``PUT /uploads/{tenant}/{id}`` and ``GET /files/{tenant}/{id}/{variant}``, with what browsers ask before."""
    parts = _Parts(files, database, transactions, registry)
    upload, download = "/{tenant}/{id}", "/{tenant}/{id}/{variant}"
    return [
        Route(f"{UPLOADS}{upload}", _answering(parts, _receive), methods=["PUT"]),
        Route(f"{UPLOADS}{upload}", _answering(parts, _preflight), methods=["OPTIONS"]),
        Route(f"{DOWNLOADS}{download}", _answering(parts, _send), methods=["GET"]),
    ]


def _answering(
    parts: _Parts, work: Callable[[_Parts, Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            response = await work(parts, request)
        except _Answer as refusal:
            response = refusal.response
        except (NotFound, FileNotFoundError):
            response = _nothing().response
        except Conflict as error:
            response = _Answer(409, error.code, str(error)).response
        except StoreAway:
            response = _Answer(503, "FILES_UNAVAILABLE", "The store of files is away. Try again in a minute.").response
        origin = request.headers.get("origin")
        response.headers["vary"] = "Origin"
        if origin is not None and origin in await parts.registry.origins():
            response.headers["access-control-allow-origin"] = origin
        return response

    return endpoint


async def _preflight(_parts: _Parts, _request: Request) -> Response:
    """Any page of a city may ask; whether it is one, ``_answering`` says (Fetch, 3.2)."""
    headers = {
        "access-control-allow-methods": "PUT",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": _HOUR,
    }
    return Response(status_code=204, headers=headers)


async def _receive(parts: _Parts, request: Request) -> Response:
    leave = parts.files.links.open_upload(request.url.path, dict(request.query_params))
    if leave is None or leave.size > parts.files.most:
        raise _nothing()
    await _active(parts, leave.tenant_id)
    async with parts.database.write(leave.tenant_id) as session:
        await awaited(session, leave)
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        await _body(request, spool, leave)
        outcome = await _settled(parts, leave, spool)
    if isinstance(outcome, Reason):
        message = "The file was not let in. Ask for a new link for another one."
        raise _Answer(422, "UPLOAD_REFUSED", message, reason=outcome)
    return Response(status_code=204, headers=_UNKEPT)


async def _settled(parts: _Parts, leave: Upload, spool: IO[bytes]) -> Kept | Reason:
    """Take a file in hand that has arrived whole, keep it or not, and write down which."""
    actor = Actor(tenant_id=leave.tenant_id, account_id=leave.account_id, request_id=uuid4().hex)
    async with parts.transactions.open(actor) as session:
        in_hand = await take_in_hand(session, leave)
    outcome = await _kept(parts.files, leave, spool)
    async with parts.transactions.open(actor) as session:
        await settle(session, leave, in_hand=in_hand, outcome=outcome, actor=actor)
    return outcome


async def _kept(files: Files, leave: Upload, spool: IO[bytes]) -> Kept | Reason:
    """Look at a file and store it, its thumbnail first, so that what is READY is whole."""
    try:
        kept = await inspected(spool, leave.kind, city=leave.tenant_id)
    except Refused as refusal:
        return refusal.reason
    try:
        async with asyncio.timeout(_STORE_SECONDS):
            if kept.thumbnail is not None:
                await files.store.put(key_of(leave.tenant_id, leave.id, Variant.THUMBNAIL), kept.thumbnail)
            await files.store.put(key_of(leave.tenant_id, leave.id), kept.content)
    except TimeoutError as error:
        raise StoreAway from error
    return kept


async def _body(request: Request, spool: IO[bytes], leave: Upload) -> None:
    """Exactly the announced bytes of the announced type, in time. Large ones wait on the disk for their turn."""
    if request.headers.get("content-length") != str(leave.size):
        raise _wrong_length(leave)
    if request.headers.get("content-type", leave.kind).split(";")[0].strip().lower() != leave.kind:
        raise _Answer(415, "UPLOAD_WRONG_TYPE", f"This link takes a file of type {leave.kind}.")
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            there = await _spooled(request, spool, leave.size)
    except TimeoutError:
        raise _Answer(408, "UPLOAD_TOO_SLOW", "The file took too long to arrive. The link is still good.") from None
    except ClientDisconnect:
        raise _wrong_length(leave) from None
    if there != leave.size:
        raise _wrong_length(leave)
    spool.seek(0)


async def _spooled(request: Request, spool: IO[bytes], most: int) -> int:
    """Write down what comes, and how many bytes that is; no more than one piece above ``most`` is read."""
    there = 0
    pieces = aiter(request.stream())
    while there <= most:
        async with asyncio.timeout(PIECE_SECONDS):
            piece = await anext(pieces, None)
        if piece is None:
            break
        there += len(piece)
        spool.write(piece)
    return there


async def _send(parts: _Parts, request: Request) -> Response:
    leave = parts.files.links.open_download(request.url.path, dict(request.query_params))
    if leave is None:
        raise _nothing()
    await _active(parts, leave.tenant_id)
    async with parts.database.write(leave.tenant_id) as session:
        row = await fetchable(session, tenant_id=leave.tenant_id, attachment_id=leave.id)
    key = key_of(leave.tenant_id, leave.id, leave.variant)
    if leave.variant is Variant.THUMBNAIL:
        small = await parts.files.store.read_all(key)
        return Response(small, media_type=MediaType.WEBP, headers=_saved("preview.webp"))
    span = _span(request.headers.get("range"), row.size)
    if span is None:
        headers = {"content-range": f"bytes */{row.size}", **_UNKEPT}
        return Response(status_code=416, headers=headers)
    return await _piecewise(parts.files, key, row, span)


async def _piecewise(files: Files, key: str, row: Attachment, span: tuple[int, int]) -> Response:
    start, end = span
    pieces = files.store.read(key, start, end)
    first = await anext(pieces)  # whether the store has it shows before anything is sent

    async def body() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    headers = {**_saved(row.filename), "content-length": str(end - start), "accept-ranges": "bytes"}
    whole = (start, end) == (0, row.size)
    if not whole:
        headers["content-range"] = f"bytes {start}-{end - 1}/{row.size}"
    kind = f"{row.media_type}; charset=utf-8" if row.media_type == MediaType.TEXT else row.media_type
    return StreamingResponse(body(), 200 if whole else 206, headers, media_type=kind)


def _span(asked: str | None, size: int) -> tuple[int, int] | None:
    """The bytes a Range header asks for (RFC 9110, 14.2), from and up to; None when the file has none of them.

    Whatever is not one range of bytes counts as not asked.
    """
    found = _RANGE.fullmatch(asked or "")
    if found is None or not (found["start"] or found["end"]):
        return 0, size
    if not found["start"]:
        start, end = max(0, size - int(found["end"])), size
    else:
        start = int(found["start"])
        end = min(int(found["end"]) + 1, size) if found["end"] else size
        if found["end"] and int(found["end"]) < start:
            return 0, size
    return (start, end) if start < end else None


def _saved(name: str) -> dict[str, str]:
    """The headers of every file: saved, never run or framed, kept by the asking browser for a while only."""
    return {
        "content-disposition": disposition(name),
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, max-age=300, immutable",
    }


async def _active(parts: _Parts, tenant_id: UUID) -> None:
    """Raise NotFound for a city that is not served, or no more."""
    if not await parts.registry.admits(tenant_id):
        raise _nothing()


def _nothing() -> _Answer:
    return _Answer(404, "NOT_FOUND", "No such file.")


def _wrong_length(leave: Upload) -> _Answer:
    message = f"This link takes exactly {leave.size} bytes, told in Content-Length. It is still good."
    return _Answer(400, "UPLOAD_WRONG_LENGTH", message)
