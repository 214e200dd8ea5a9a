"""Answers of an installation, and what of two of them must be the same to the byte."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

Ask = Callable[[str | None, str, Mapping[str, Any]], Awaitable["Answer"]]
"""Sends an operation in the name of a token, or of nobody: token, document, variables."""

# What no refusal can help: the name of a request, the clock, what is left of a budget, and how long that makes a body.
_UNEVEN_HEADERS = frozenset({"content-length", "date", "retry-after", "x-request-id"})
_UNEVEN = re.compile(rb'"(?:requestId|currentlyAvailable)":(?:"[^"]*"|[0-9.]+)')


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. headers: by lower-case name. body: JSON."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def value(self) -> Any:
        """The body's value; None for a body that is no JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def but_for(self, *sent: str) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
        """All of it but for the texts that were sent, and what differs between any two requests."""
        body = _UNEVEN.sub(b"", self.body)
        for text in sorted(sent, key=len, reverse=True):
            body = body.replace(text.encode(), b"<sent>")
        headers = sorted((name, value) for name, value in self.headers.items() if name not in _UNEVEN_HEADERS)
        return self.status, body, tuple(headers)


def codes(answer: Answer) -> frozenset[str]:
    """The codes an answer refuses with, of the request and of its mutation; none when there was nothing to refuse."""
    body = answer.value()
    if not isinstance(body, dict):
        return frozenset({"NO_JSON"})
    found = {error["extensions"]["code"] for error in body.get("errors", [])}
    data = body.get("data") or {}
    for payload in data.values():
        if isinstance(payload, dict):
            found |= {error["code"] for error in payload.get("userErrors") or ()}
    return frozenset(found)
