"""A process of its own that takes up a row, has its effect, tells so and then hangs until it is killed.

Arguments: the app's database address, the operator's, the address of Redis, the tenant.
"""

from __future__ import annotations

import asyncio
import sys
from uuid import UUID

from server.jobs.engine import Engine
from server.pubsub import PubSub
from server.transactions import Transactions
from tenants.context import Actor
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession
from tests.server.jobs.conftest import KIND, ring


async def hang(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
    """The effect is written and not yet committed when the word comes."""
    await ring(session, work_id=work_id, actor=actor, registry=registry)
    sys.stdout.write("in the middle\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def main(app_url: str, operator_url: str, redis_url: str, tenant_id: str) -> None:
    database, operator = await Database.connect(app_url), await Database.connect(operator_url)
    engine = Engine(
        "test",
        {KIND: hang},
        database=database,
        operator=operator,
        transactions=Transactions(database, PubSub(redis_url)),
        registry=Registry(operator),
    )
    await engine.run_tenant(UUID(tenant_id))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
