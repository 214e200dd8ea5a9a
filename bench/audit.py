"""The audit trail of one city: sealing it, and finding the one bad entry at its very end, beside a plain read of the rows.

The peer is ``select *`` of the same rows over the same connection's kind, which hashes nothing: what any verifier has to do.
"""

from __future__ import annotations

import time
from statistics import median
from uuid import UUID

import asyncpg

from bench.console import figure, say
from migrations import roles, runner
from server import tables
from server.audit.keys import HeadKeys
from server.audit.service.sealing import BATCH, seal, sign_head
from server.audit.service.verifying import Fault, verify
from server.embedded import services
from tenants.ids import uuid7
from tenants.sessions import Database

ENTRIES = 100_000
_NAME = "bench_audit"
_SECRET = "a secret of the bench, long enough for anybody"  # noqa: S105 - it protects nothing
_TENANT = """
insert into tenant (id, slug, kind, status, name, time_zone, manifest_version, policy_version, created_at)
values ($1, 'bench', 'CITY', 'ACTIVE', '{}', 'Asia/Shanghai', 0, 0, now())
"""
_FILL = """
insert into audit_entry (tenant_id, id, at, actor_kind, actor_id, actor_name, action, object_type, object_id, request_id, detail)
select $1, (lpad(to_hex(1780000000000 + n), 12, '0') || '7000' || substr(md5(n::text), 1, 16))::uuid,
       now() - interval '1 second' * ($2 - n), 'USER', md5(n::text)::uuid, 'dispatcher-' || n % 50, 'case:dispatch', 'case',
       md5('case' || n / 8)::uuid, 'request-' || n,
       jsonb_build_object('kind', 'DISPATCHED', 'from', 'TRIAGED', 'to', 'DISPATCHED', 'level', '4', 'version', n % 9)
from generate_series(1, $2) n
"""


class NotFoundError(Exception):
    """The bad entry was not named."""


async def run(running: services.Services, *, rounds: int, entries: int = ENTRIES) -> None:
    """Print one line for sealing and one for verifying; the seconds are medians, taken in turn with the plain read's."""
    tables.resolve()
    admin = await asyncpg.connect(running.database_admin_url)
    await admin.execute(f"drop database if exists {_NAME} with (force)")
    await admin.close()
    urls = await roles.prepare(running.database_admin_url, secret=_SECRET, database=_NAME)
    await runner.upgrade(urls.owner)
    owner, plain = await asyncpg.connect(urls.owner), await asyncpg.connect(urls.app)
    database = await Database.connect(urls.app, read_pool_size=1, write_pool_size=1, statement_timeout_ms=300_000)
    try:
        await owner.execute("select force_tenant_rls(false)")
        tenant_id = uuid7()
        await owner.execute(_TENANT, tenant_id)
        await owner.execute(_FILL, tenant_id, entries)
        await owner.execute("analyze")
        await _measure(database, owner, plain, tenant_id, rounds=rounds, entries=entries)
    finally:
        await database.close()
        await plain.close()
        await owner.close()


async def _measure(
    database: Database,
    owner: asyncpg.Connection[asyncpg.Record],
    plain: asyncpg.Connection[asyncpg.Record],
    tenant_id: UUID,
    *,
    rounds: int,
    entries: int,
) -> None:
    keys = HeadKeys(_SECRET)
    say(f"sealing {entries:,} entries")
    started = time.perf_counter()
    full = True
    while full:
        async with database.write(tenant_id) as session:
            full = (await seal(session, tenant_id)).count == BATCH
            await sign_head(session, tenant_id, keys, every=1_000)
    seconds = time.perf_counter() - started
    figure(bench="audit_seal", entries=entries, ours=round(entries / seconds), unit="entries/s")
    last = await owner.fetchval("select entry_id from audit_seal order by seq desc limit 1")
    await owner.execute("update audit_entry set actor_name = 'nobody' where id = $1", last)
    await owner.execute("vacuum (analyze) audit_entry, audit_seal")
    say("verifying")
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(await _read(plain, tenant_id))
        ours.append(await _verify(database, tenant_id, keys, last))
    found, read = (median(seconds for seconds, _ in measured) for measured in (ours, theirs))
    found_cpu, read_cpu = (median(cpu for _, cpu in measured) for measured in (ours, theirs))
    figure(
        bench="audit_verify",
        peer="select *",
        entries=entries,
        ours=round(found, 2),
        theirs=round(read, 2),
        ratio=round(found / read, 1),
        unit="s",
        cpu_s=round(found_cpu, 2),
        theirs_cpu_s=round(read_cpu, 2),
    )


async def _verify(database: Database, tenant_id: UUID, keys: HeadKeys, bad: UUID) -> tuple[float, float]:
    """Seconds until the bad entry is named, and of them this process's own."""
    started, began = time.perf_counter(), time.process_time()
    async with database.write(tenant_id) as session:
        finding = (await verify(session, tenant_id, keys)).finding
    seconds = time.perf_counter() - started, time.process_time() - began
    if finding is None or (finding.fault, finding.entry_id) != (Fault.ENTRY_CHANGED, bad):
        raise NotFoundError(f"entry {bad} was changed, and {finding} was found")
    return seconds


async def _read(plain: asyncpg.Connection[asyncpg.Record], tenant_id: UUID) -> tuple[float, float]:
    """Seconds of a plain read of the entries, and of them this process's own."""
    started, began = time.perf_counter(), time.process_time()
    async with plain.transaction():
        await plain.execute("select set_tenant($1)", tenant_id)
        await plain.fetch("select * from audit_entry where tenant_id = $1 order by id", tenant_id)
    return time.perf_counter() - started, time.process_time() - began
