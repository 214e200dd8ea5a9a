"""A report written three ways: our mutation, PostGraphile's plain insert of one case row, and the rows by asyncpg alone.

On a copy of the bench's database, so that the reads' data stay as they are. Ours authorizes, admits the cost, writes
everything that belongs to a report and reads the case back.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.engine import make_url

from bench import contest, ground, load, servers
from bench.console import say
from bench.contest import Contender
from bench.ground import Ground
from bench.load import LoadError, Result
from bench.node import Node
from bench.servers import Server

_COPY = "write"
_UUID = "{uuid}"  # bench/peers/fire.mjs puts a new one in its place
_TITLE = "Bins behind the market hall are full"
_DESCRIPTION = "Since Monday. The lids no longer close, and the wind carries it across the square."
_OURS = """
mutation Report($input: ReportCaseInput!) {
  reportCase(input: $input) {
    case { id number title status severity reportedAt deadline { dueAt } }
    userErrors { code message }
  }
}
"""
_PEER = """
mutation Report($input: CreateCaseInput!) {
  createCase(input: $input) { case { rowId number title status severity reportedAt dueAt } }
}
"""


def run(found: Ground, node: Node, *, name: str, rounds: int) -> None:
    """Print one line per peer, under the name. Errors: ``UnequalAnswers``, ``LoadError``, ``ServerError``."""
    with _copied(found) as ground_, ExitStack() as stack:
        say("starting the servers")
        ours = stack.enter_context(servers.ours(ground_))
        body, case_id = asyncio.run(_report(ground_, ours))
        raw = stack.enter_context(_raw(ground_, case_id))
        peer = stack.enter_context(servers.postgraphile(ground_, node))
        row = asyncio.run(_row(ground_, case_id))
        rival = orjson.dumps({"query": _PEER, "variables": {"input": {"case": row}}})
        contenders = [
            Contender(name, ours, partial(_counted, ground_, partial(_fire, ours, node, body))),
            Contender(name, raw, partial(_counted, ground_, partial(_tell, raw))),
            Contender(name, peer, partial(_counted, ground_, partial(_fire, peer, node, rival))),
        ]
        contest.tell(name, [ours, raw, peer], contest.in_turn(contenders, rounds=rounds))


@contextmanager
def _copied(found: Ground) -> Iterator[Ground]:
    """The same ground on a copy of its database, which is dropped afterwards."""
    name = make_url(found.admin_url).database
    copy = f"{_COPY}_{name}"
    asyncio.run(_administer(found, f'drop database if exists "{copy}" with (force)'))
    asyncio.run(_administer(found, f'create database "{copy}" template "{name}" strategy file_copy'))
    try:
        yield ground.renamed(found, copy)
    finally:
        asyncio.run(_administer(found, f'drop database "{copy}" with (force)'))


async def _administer(found: Ground, statement: str) -> None:
    url = make_url(found.admin_url).set(database="postgres").render_as_string(hide_password=False)
    admin = await asyncpg.connect(url)
    try:
        await admin.execute(statement)
    finally:
        await admin.close()


async def _report(found: Ground, ours: Server) -> tuple[bytes, UUID]:
    """The body of our request, and the case that the first one made."""
    admin = await asyncpg.connect(found.admin_url)
    try:
        grid_id = await admin.fetchval(
            "select id from grid where tenant_id = $1 order by code limit 1", found.tenant_id
        )
        category = await admin.fetchval(
            "select code from case_category where tenant_id = $1 and default_severity = 'GENERAL' and not retired "
            "order by code limit 1",
            found.tenant_id,
        )
    finally:
        await admin.close()
    given = {"gridId": f"grid_{grid_id}", "category": category, "title": _TITLE, "description": _DESCRIPTION}
    body = orjson.dumps({"query": _OURS, "variables": {"input": given}})
    payload = (await asyncio.to_thread(servers.post, f"{ours.url}/graphql", body, ours.headers))["reportCase"]
    if payload["userErrors"]:
        raise LoadError(f"our server refuses the report: {payload['userErrors']}")
    return body, UUID(payload["case"]["id"].removeprefix("case_"))


async def _row(found: Ground, case_id: UUID) -> dict[str, Any]:
    """The case as PostGraphile takes it, under ids that the load generator makes."""
    admin = await asyncpg.connect(found.admin_url)
    try:
        row = await admin.fetchrow('select * from "case" where tenant_id = $1 and id = $2', found.tenant_id, case_id)
    finally:
        await admin.close()
    if row is None:
        raise LookupError(case_id)
    given = {_camel(name): _plain(value) for name, value in row.items() if value is not None and name != "id"}
    return given | {"rowId": _UUID, "number": f"PEER-{_UUID}"}


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value


@contextmanager
def _raw(found: Ground, case_id: UUID) -> Iterator[Server]:
    given = {"DATABASE_URL": found.app_url, "ADMIN_URL": found.admin_url, "TENANT": found.tenant_id, "CASE": case_id}
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.raw"],
        env=dict(os.environ) | {f"RAW_{name}": str(value) for name, value in given.items()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        _line(process)
        yield Server("raw", "", process, speaks="raw")
    finally:
        if process.stdin:
            process.stdin.close()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _tell(raw: Server, seconds: int) -> Result:
    """Let the raw writer write for so long."""
    if raw.process.stdin is None:
        raise TypeError
    raw.process.stdin.write(f"{seconds}\n".encode())
    raw.process.stdin.flush()
    seen: Mapping[str, Any] = orjson.loads(_line(raw.process))
    taken = seen["milliseconds"]
    return Result(
        requests=seen["requests"],
        rate=seen["requests"] / seen["seconds"],
        p50=taken[len(taken) // 2],
        p99=taken[len(taken) * 99 // 100],
    )


def _line(process: subprocess.Popen[bytes]) -> bytes:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise LoadError("the raw writer ended")
    return line


def _fire(server: Server, node: Node, body: bytes, seconds: int) -> Result:
    return load.fire(node, f"{server.url}/graphql", server.headers, body, seconds=seconds)


def _counted(found: Ground, fire: Callable[[int], Result], seconds: int) -> Result:
    """A round after which as many cases are there as were answered for. Errors: ``UnequalAnswers``."""
    before = asyncio.run(_cases(found))
    result = fire(seconds)
    made = asyncio.run(_cases(found)) - before
    if made < result.requests:
        raise contest.UnequalAnswers(f"{result.requests} reports were answered, {made} cases written")
    return result


async def _cases(found: Ground) -> int:
    admin = await asyncpg.connect(found.admin_url)
    try:
        number: int = await admin.fetchval('select count(*) from "case" where tenant_id = $1', found.tenant_id)
    finally:
        await admin.close()
    return number
