"""The edge of every write: one use case is one transaction, committed here and nowhere below.

After the commit, and only then, other processes are woken if the use case recorded an event.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.events.record import RECORDED
from server.pubsub import PubSub
from tenants.context import Actor
from tenants.sessions import Database, WriteSession


class Transactions:
    """Opens the transactions of one process."""

    def __init__(self, database: Database, pubsub: PubSub) -> None:
        self._database = database
        self._pubsub = pubsub

    @asynccontextmanager
    async def open(self, actor: Actor) -> AsyncIterator[WriteSession]:
        """A session in the actor's city; commits when the block ends, rolls back when it raises."""
        async with self._database.write(actor.tenant_id) as session:
            yield session
            recorded = bool(session.info.get(RECORDED))
        if recorded:
            self._pubsub.wake(actor.tenant_id)
