"""Where a request's time goes: the web process by room and function, the database by the statements' own time.

The statements are the ones the product compiles and the hand-written ones, timed in turn; their plans, generic and
custom, are left in the data directory.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from bench import load, servers
from bench.cities import CITY
from bench.compiled import Compiled, client, product
from bench.console import figure, say
from bench.explain import MODES, explained
from bench.ground import PASSWORD, USERNAME, Ground
from bench.node import Node
from bench.questions import Question
from bench.servers import Server, ServerError
from bench.timing import Read, medians

_WARM_UP_SECONDS, _SECONDS = 2, 10
_STATEMENTS = 300
_SHOWN = 25
_WAIT_SECONDS = 10


def run(ground: Ground, node: Node, questions: Sequence[Question]) -> None:
    """Print one line for each question. Errors: ``ServerError``, ``LoadError``."""
    statements = asyncio.run(_statements(ground, questions))
    samples = ground.data / "samples.json"
    os.environ["CIVICGRID_BENCH_SAMPLES"] = str(samples)  # for the server that is started next
    with servers.ours(ground, "sampled", module="bench.sampled") as server:
        for question in questions:
            found = _sampled(server, question, node, samples)
            figure(bench="profile", peer=question.name, **found, **statements[question.name])


def _sampled(server: Server, question: Question, node: Node, samples: Path) -> dict[str, Any]:
    address, body = server.address(question), server.body(question)
    load.fire(node, address, server.headers, body, seconds=_WARM_UP_SECONDS)
    samples.unlink(missing_ok=True)
    server.process.send_signal(signal.SIGUSR2)
    before = server.cpu_seconds()
    result = load.fire(node, address, server.headers, body, seconds=_SECONDS)
    after = server.cpu_seconds()
    server.process.send_signal(signal.SIGUSR2)
    seen = _read(samples)
    spent = {pid: (seconds - before.get(pid, 0.0)) * 1000 / result.requests for pid, seconds in after.items()}
    web = spent.pop(server.process.pid)
    return {
        "requests": result.requests,
        "web_ms": round(web, 3),
        "database_ms": round(sum(spent.values()), 3),
        "rooms_ms": _shares(seen["rooms"], seen["samples"], web),
        "functions_ms": _shares(seen["functions"], seen["samples"], web),
    }


def _shares(counts: Mapping[str, int], samples: int, web: float) -> dict[str, float]:
    most = sorted(counts.items(), key=lambda item: -item[1])[:_SHOWN]
    return {name: round(web * count / samples, 3) for name, count in most}


def _read(samples: Path) -> Any:
    until = time.monotonic() + _WAIT_SECONDS
    while not samples.exists():
        if time.monotonic() > until:
            raise ServerError("the sampled server wrote nothing")
        time.sleep(0.05)  # a signal is answered by nothing else than this file
    return orjson.loads(samples.read_bytes())


async def _statements(ground: Ground, questions: Sequence[Question]) -> dict[str, dict[str, float]]:
    async with product(ground.settings) as http:
        dispatcher = await client(http, CITY, USERNAME, PASSWORD)
        found = {}
        for question in questions:
            (ours,) = await dispatcher.statements(question.ours["query"], question.ours["variables"])
            found[question.name] = await _statement(ground, question, ours)
    return found


async def _statement(ground: Ground, question: Question, ours: Compiled) -> dict[str, float]:
    tenant = ground.tenant_id
    bare = Compiled(
        f"select set_config('app.tenant_id', $1, true), ({question.statement})",
        (str(tenant), tenant, *(_value(parameter) for parameter in question.parameters)),
    )
    connection = await asyncpg.connect(ground.app_url)
    try:
        for name, statement in (("compiled", ours), ("bare", bare)):
            for mode in MODES:
                file = ground.data / f"plan-{question.name}-{name}-{mode}.txt"
                file.write_text(await explained(connection, statement, mode=mode, form="text"))
        say(f"plans of {question.name}: {ground.data}/plan-{question.name}-*.txt")
        reads = {"compiled_sql_ms": _reader(connection, ours), "bare_sql_ms": _reader(connection, bare)}
        times = await medians(reads, times=_STATEMENTS)
    finally:
        await connection.close()
    return {name: round(value, 3) for name, value in times.items()}


def _reader(connection: asyncpg.Connection[asyncpg.Record], statement: Compiled) -> Read:
    async def read() -> object:
        return await connection.fetchval(statement.text, *statement.values, column=1)

    return read


def _value(parameter: object) -> object:
    """The hand-written statements take ids as text from JSON; the driver wants them typed."""
    try:
        return UUID(str(parameter))
    except ValueError:
        return parameter
