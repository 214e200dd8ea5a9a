"""``POST /intake/{tenant}/{channel}``: where channels hand reports in (docs/api.md, Channels)."""

from __future__ import annotations

import asyncio
import math
from secrets import token_hex

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from server.errors import AppError, Invalid
from server.intake.service.webhooks import Delivery, Inbox, refusal

MAX_BODY = 100_000
BODY_SECONDS = 10.0


class _TooLarge(Invalid):
    """More than MAX_BODY bytes (413)."""

    default_code = "BODY_TOO_LARGE"


class _TooSlow(Invalid):
    """Not there after BODY_SECONDS (408)."""

    default_code = "BODY_TOO_SLOW"


_STATUS: dict[type[AppError], int] = {_TooLarge: 413, _TooSlow: 408}


def intake_routes(inbox: Inbox) -> list[BaseRoute]:
    """The address of every channel of every city; whether there is such a one is not for strangers to learn."""

    async def receive(request: Request) -> Response:
        request_id = token_hex(16)
        told = {"x-request-id": request_id, "cache-control": "no-store"}
        try:
            body = await _body(request)
        except (_TooLarge, _TooSlow) as error:
            told["connection"] = "close"
            return JSONResponse(refusal(error, request_id), _STATUS[type(error)], told)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        answer = await inbox.receive(
            Delivery(
                tenant=request.path_params["tenant"],
                channel=request.path_params["channel"],
                peer=request.client.host if request.client else "",
                headers=dict(request.headers),
                body=body,
                request_id=request_id,
            ),
        )
        if answer.retry_after is not None:
            told["retry-after"] = str(max(1, math.ceil(answer.retry_after)))
        return JSONResponse(answer.body, answer.status, told)

    return [Route("/intake/{tenant}/{channel}", receive, methods=["POST"])]


async def _body(request: Request) -> bytes:
    """The body. Raises _TooLarge, _TooSlow; ClientDisconnect when the sender leaves."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > MAX_BODY:
        raise _too_large()
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_BODY:
                    raise _too_large()
                chunks.append(chunk)
    except TimeoutError as error:
        raise _TooSlow("The body did not arrive within {seconds} seconds.", seconds=f"{BODY_SECONDS:.0f}") from error
    return b"".join(chunks)


def _too_large() -> _TooLarge:
    return _TooLarge("The body may hold at most {most} bytes.", most=MAX_BODY)
