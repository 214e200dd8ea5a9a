"""The GraphQL over HTTP specification, as the package graphql-http audits it."""

from __future__ import annotations

from collections import Counter

from tests.clients.conftest import Start

AUDITS = 61


async def test_every_audit_is_passed(start: Start, live: str) -> None:
    async with start("audits.mjs", live) as script:
        lines = (await script.finished()).splitlines()
    assert Counter(line.partition(" ")[0] for line in lines) == {"ok": AUDITS}, "\n".join(lines)
