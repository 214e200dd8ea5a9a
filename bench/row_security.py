"""What row security costs: the compiled statements as the application's role, and as one that row security lets be.

The other role has the application's rights and BYPASSRLS. A superuser would not do: it skips the check of rights too.
"""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from bench.cities import CITY
from bench.compiled import Compiled, client, product
from bench.console import figure
from bench.ground import PASSWORD, USERNAME, Ground
from bench.questions import Question
from bench.timing import Read, medians
from tenants.rls import APP

_TIMES = 1_000
_UNBOUND = "bench_unbound"
_MAKE = f"""
do $$ begin
  if not exists (select from pg_roles where rolname = '{_UNBOUND}') then
    create role {_UNBOUND} nologin bypassrls in role {APP};
  end if;
end $$
"""


async def run(ground: Ground, questions: Sequence[Question]) -> None:
    """Print one line for each question: the same text, on the same data, in turn, with and without."""
    async with product(ground.settings) as http:
        dispatcher = await client(http, CITY, USERNAME, PASSWORD)
        statements = {
            question.name: await dispatcher.statements(question.ours["query"], question.ours["variables"])
            for question in questions
        }
    bound = await asyncpg.connect(ground.app_url)
    free = await asyncpg.connect(ground.admin_url)
    try:
        await free.execute(_MAKE)
        await free.execute(f"set role {_UNBOUND}")
        for name, (statement,) in statements.items():
            reads = {"with": _read(bound, statement), "without": _read(free, statement)}
            found = await medians(reads, times=_TIMES)
            figure(
                bench="rls",
                peer=name,
                percent=round((found["with"] / found["without"] - 1) * 100, 1),
                ours=round(found["with"], 3),
                theirs=round(found["without"], 3),
                unit="ms",
            )
    finally:
        await bound.close()
        await free.close()


def _read(connection: asyncpg.Connection[asyncpg.Record], statement: Compiled) -> Read:
    async def read() -> object:
        return await connection.fetchval(statement.text, *statement.values, column=1)

    return read
