"""A noisy neighbor: what a tenant at ten times its budget does to the latency of another on the same web process.

``python -m bench.noisy serve`` is the server it is measured on: with the budgets of tenants as they are shipped, and a
client's raised to its tenant's, so that one account can use up what a whole city has.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping

import asyncpg
import httpx
import orjson

from bench import questions, servers
from bench.accounts import SIGN_IN, Post, appoint
from bench.console import figure, say
from bench.ground import PASSWORD, Ground
from bench.questions import Question
from bench.servers import Server
from bench.steady import Seen, Source, flow
from server import cli
from server.settings import Settings
from server.throttle.budgets import budgets_of

_QUIET_CITY, _QUIET_NAME = "daye", "quiet"
_QUIET_RATE = 20.0
_WITHIN, _BEYOND = 0.8, 10.0  # of what a tenant gets back per second
_SECONDS = 20
_NOISY_CONNECTIONS = 32
_THROTTLED = 429
_WARM_UP_SECONDS, _DRAIN_SECONDS, _MOST_DRAINS = 3, 4, 10
_TENANT = budgets_of(Settings.model_construct()).tenant


def run(ground: Ground, *, rounds: int = 3, seconds: float = _SECONDS) -> None:
    """Measure in alternating rounds, and print one figure: ``ratio`` is the quiet p99 at ten times over that within."""
    case = asyncio.run(_prepare(ground))
    say("starting the server")
    with servers.ours(ground, "noisy", module="bench.noisy") as server:
        asyncio.run(_measure(server, case, rounds, seconds))


async def _measure(server: Server, case: Question, rounds: int, seconds: float) -> None:
    board = questions.board()
    url, body = server.address(board), server.body(board)
    quiet = Source(url, _signed_in(url), [server.body(case), body], _QUIET_RATE)
    cost = _cost(url, body, server.headers)

    def noisy(share: float) -> Source:
        return Source(url, server.headers, [body], share * _TENANT.restore / cost, _NOISY_CONNECTIONS)

    await _together(quiet, noisy(_WITHIN), _WARM_UP_SECONDS)
    burst = await _drain(quiet, noisy(_BEYOND))
    found = {share: (Seen(), Seen()) for share in (_WITHIN, _BEYOND)}
    for turn in range(rounds):
        for share in (_WITHIN, _BEYOND) if turn % 2 else (_BEYOND, _WITHIN):
            seen = await _together(quiet, noisy(share), seconds)
            for total, part in zip(found[share], seen, strict=True):
                total.add(part)
            say(
                f"  noisy {turn + 1}/{rounds} at {share:4.1f} of its budget: quiet p50 {seen[0].below(0.5):.1f} ms, "
                f"p99 {seen[0].below(0.99):.1f} ms; noisy {dict(seen[1].statuses)}, reopened {seen[0].reopened + seen[1].reopened}"
            )
    (within, kept), (beyond, refused) = found[_WITHIN], found[_BEYOND]
    figure(
        bench="noisy",
        peer="within_budget",
        ratio=round(beyond.below(0.99) / within.below(0.99), 2),
        ours=round(beyond.below(0.99), 1),
        theirs=round(within.below(0.99), 1),
        unit="ms",
        p50_ms=round(beyond.below(0.5), 1),
        theirs_p50_ms=round(within.below(0.5), 1),
        burst_p99_ms=round(burst.below(0.99), 1),
        quiet=_by_name(within, beyond),
        noisy_within=_by_name(kept),
        noisy_beyond=_by_name(refused),
    )


async def _drain(quiet: Source, noisy: Source) -> Seen:
    """What the quiet tenant sees while the noisy one spends what it had saved up, which it may do at once."""
    total = Seen()
    for _ in range(_MOST_DRAINS):
        heard, made = await _together(quiet, noisy, _DRAIN_SECONDS)
        total.add(heard)
        if made.statuses[_THROTTLED]:
            break
    return total


async def _together(quiet: Source, noisy: Source, seconds: float) -> tuple[Seen, Seen]:
    heard, made = await asyncio.gather(flow(quiet, seconds), flow(noisy, seconds))
    return heard, made


def _by_name(*seen: Seen) -> dict[str, int]:
    """Answers by status."""
    total = Seen()
    for part in seen:
        total.add(part)
    return {str(status): count for status, count in sorted(total.statuses.items())}


def _signed_in(url: str) -> dict[str, str]:
    given = {"tenant": _QUIET_CITY, "username": _QUIET_NAME, "password": PASSWORD}
    answer = servers.post(url, orjson.dumps({"query": SIGN_IN, "variables": {"input": given}}), {})
    return {"authorization": f"Bearer {answer['signIn']['credentials']['accessToken']}"}


def _cost(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The points that a question uses."""
    answer = httpx.post(url, content=body, headers={"content-type": "application/json", **headers}, timeout=30)
    cost: int = answer.json()["extensions"]["cost"]["actualQueryCost"]
    return cost


async def _prepare(ground: Ground) -> Question:
    """An account in the quiet city, made once, and the question for a case there that has gone the whole way."""
    admin = await asyncpg.connect(ground.admin_url)
    try:
        tenant_id = await admin.fetchval("select id from tenant where slug = $1", _QUIET_CITY)
        there = "select exists (select from account where tenant_id = $1 and username = $2)"
        if not await admin.fetchval(there, tenant_id, _QUIET_NAME):
            await appoint(admin, _QUIET_CITY, [Post(_QUIET_NAME, "dispatcher")], PASSWORD)
        case_id = await admin.fetchval(
            "select id from \"case\" where tenant_id = $1 and status = 'ARCHIVED' order by reported_at limit 1",
            tenant_id,
        )
    finally:
        await admin.close()
    return questions.case(tenant_id, case_id)


def main() -> None:
    """Serve with these budgets, whatever the environment says."""
    for name, value in (("CAPACITY", _TENANT.capacity), ("RESTORE", _TENANT.restore)):
        for whose in ("TENANT_COST", "COST"):
            os.environ[f"CIVICGRID_{whose}_{name}"] = str(value)
    sys.argv[0] = "civicgrid"
    cli.main()


if __name__ == "__main__":
    main()
