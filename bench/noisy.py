"""A noisy neighbor: what a tenant at ten times its budget does to the latency of another on the same web process.

``python -m bench.noisy serve`` is the server it is measured on: with the budgets of tenants as they are shipped, and a
client's raised to its tenant's, so that one account can use up what a whole city has.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median

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
_WITHIN, _BEYOND = 0.95, 10.0  # of what a tenant gets back per second
SECONDS = 60  # long enough that the p99 of a round is not one of its few slowest answers
_NOISY_CONNECTIONS = 32
_WARM_UP_SECONDS, _SPENDING_SECONDS = 3, 15
_TENANT = budgets_of(Settings.model_construct()).tenant


def run(ground: Ground, *, rounds: int = 3, seconds: float = SECONDS) -> None:
    """Measure in alternating rounds, and print one figure: ``ratio`` is the quiet p99 at ten times over that within.

    Both are medians over the rounds.
    """
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

    await asyncio.gather(flow(quiet, _WARM_UP_SECONDS), flow(noisy(_WITHIN), _WARM_UP_SECONDS))
    burst, found = Seen(), {share: (Seen(), Seen()) for share in (_WITHIN, _BEYOND)}
    highest: dict[float, list[float]] = {_WITHIN: [], _BEYOND: []}
    for turn in range(rounds):
        for share in (_WITHIN, _BEYOND) if turn % 2 else (_BEYOND, _WITHIN):
            before, heard, made = await _together(quiet, noisy(share), seconds)
            for total, part in zip(found[share], (heard, made), strict=True):
                total.add(part)
            highest[share].append(heard.below(0.99))
            if share == _BEYOND:
                burst.add(before)
            say(
                f"  noisy {turn + 1}/{rounds} at {share:4.1f} of its budget: quiet p50 {heard.below(0.5):.1f} ms, "
                f"p99 {heard.below(0.99):.1f} ms; noisy {dict(made.statuses)}; reopened {heard.reopened + made.reopened}"
            )
    (within, kept), (beyond, refused) = found[_WITHIN], found[_BEYOND]
    figure(
        bench="noisy",
        peer="within_budget",
        ratio=round(median(highest[_BEYOND]) / median(highest[_WITHIN]), 2),
        ours=round(median(highest[_BEYOND]), 1),
        theirs=round(median(highest[_WITHIN]), 1),
        unit="ms",
        p50_ms=round(beyond.below(0.5), 1),
        theirs_p50_ms=round(within.below(0.5), 1),
        burst_p99_ms=round(burst.below(0.99), 1),
        quiet=_by_name(within, beyond),
        noisy_within=_by_name(kept),
        noisy_beyond=_by_name(refused),
    )


async def _together(quiet: Source, noisy: Source, seconds: float) -> tuple[Seen, Seen, Seen]:
    """What the quiet one sees while the other spends what it had saved up, what it sees then, and what the other sees.

    The noisy one does not pause between, or it would save up anew; and it has a process of its own, so that what the
    generator is busy with is not taken for latency.
    """
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        await loop.run_in_executor(other, time.monotonic)  # it has started
        making = loop.run_in_executor(other, _make, noisy, _SPENDING_SECONDS + seconds)
        before = await flow(quiet, _SPENDING_SECONDS)
        return before, await flow(quiet, seconds), await making


def _make(noisy: Source, seconds: float) -> Seen:
    return asyncio.run(flow(noisy, seconds))


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
