"""Writing an answer: media type, status and headers (GraphQL over HTTP, draft of 2025, section 6).

Clients that send no Accept, or accept anything, get ``application/json``: they are the older ones. For those a
well-formed request is answered with 200 whatever became of it, save where HTTP itself says no (401, 405, 429).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import orjson
from starlette.types import Send

from schema.operations import Answer, Outcome
from schema.transport.request import BadRequest

MODERN = "application/graphql-response+json"
LEGACY = "application/json"
_OFFERED = (MODERN, LEGACY)
_SPECIFIC = {"*/*": 0, "application/*": 1}
_NAMED = 2
_MOST_RANGES = 100


def media_type_of(headers: Mapping[str, str]) -> str:
    """The media type the client likes best of the two we have. Errors: BadRequest 406 when it accepts neither."""
    accept = headers.get("accept")
    if accept is None or accept == "*/*":
        return LEGACY
    found = _preferred(accept)
    if found is None:
        raise BadRequest(406, "Answers come as {modern} or {legacy}; accept one of them.", modern=MODERN, legacy=LEGACY)
    return found


@lru_cache(maxsize=256)
def _preferred(accept: str) -> str | None:
    """The better-weighted type; at equal weight the one named rather than covered by ``*``, and the modern one of two."""
    rated = dict.fromkeys(_OFFERED, (0.0, -1))
    for part in accept.split(",")[:_MOST_RANGES]:
        media_range, weight = _range(part)
        for offered in _OFFERED:
            precision = _NAMED if media_range == offered else _SPECIFIC.get(media_range, -1)
            if precision > rated[offered][1]:
                rated[offered] = (weight, precision)
    modern, legacy = rated[MODERN], rated[LEGACY]
    if modern[0] <= 0 and legacy[0] <= 0:
        return None
    if modern[1] < _NAMED and legacy[0] > 0:
        return LEGACY
    return MODERN if modern >= legacy else LEGACY


def _range(part: str) -> tuple[str, float]:
    """A media range and its weight from 0 to 1 (RFC 9110, 12.4.2 and 12.5.1); weight 0 for what cannot be served."""
    media_range, *parameters = part.split(";")
    weight = 1.0
    for parameter in parameters:
        name, _, value = (piece.strip().strip('"').lower() for piece in parameter.partition("="))
        if name == "charset" and value not in {"utf-8", "utf8"}:
            return "", 0.0
        if name == "q":
            weight = _weight(value)
    return media_range.strip().lower(), weight


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def status_of(answer: Answer, media_type: str) -> tuple[int, dict[str, str]]:
    """The status of an answer and the headers that go with it."""
    if answer.outcome is Outcome.DONE:
        return 200, {}
    if answer.outcome is Outcome.THROTTLED and answer.retry_after is not None:  # None: no waiting would help
        return 429, {"retry-after": str(max(1, math.ceil(answer.retry_after)))}
    if answer.outcome is Outcome.NOT_BY_GET:
        return 405, {"allow": "POST"}
    return (400 if media_type == MODERN else 200), {}


def refusal(code: str, message: str, request_id: str) -> bytes:
    """The body of an answer with one error and nothing else."""
    return orjson.dumps({"errors": [{"message": message, "extensions": {"code": code, "requestId": request_id}}]})


async def send_json(send: Send, status: int, media_type: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Send one whole answer."""
    lines = [
        (b"content-type", f"{media_type}; charset=utf-8".encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *((name.encode(), value.encode("latin-1")) for name, value in headers.items()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
