"""Wake-ups between processes over Redis or Valkey: a hint that a city has new events, never the events themselves.

Losing the channel loses nothing: whoever waits also looks at the log every few seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_CHANNEL = "civicgrid:wake"
_RETRY_SECONDS = 1.0
_TOGETHER_SECONDS = 0.02
_LISTENERS: set[asyncio.Task[None]] = set()  # the event loop holds tasks weakly: one could be collected as it waits
_log = structlog.get_logger(__name__)


class PubSub:
    """One connection that listens for the whole process and wakes whoever waits for a city."""

    def __init__(self, redis_url: str) -> None:
        self._redis: Redis = Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=None)
        self._waiting: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None
        self._unsent: set[UUID] = set()
        self._sender: asyncio.Task[None] | None = None
        self._closing = False

    async def start(self) -> None:
        """Begin to listen; a connection that breaks is made again."""
        self._listener = asyncio.create_task(self._listen(), name="pubsub")
        _LISTENERS.add(self._listener)
        self._listener.add_done_callback(_LISTENERS.discard)

    async def close(self) -> None:
        """Send what is still to be told, stop listening and let go of the connection."""
        self._closing = True  # a cancellation is lost when hanging up fails
        if self._sender is not None:
            await self._sender
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        await self._redis.aclose()

    def wake(self, tenant_id: UUID) -> None:
        """Tell every process that the city has new events: this one now, the others soon. Only a hint; it may be lost.

        A wake-up after a pause goes out at once, those that follow within 20 ms together: a city with hundreds of changes
        a second would else have every process hear as many.
        """
        self._ring(tenant_id)
        self._unsent.add(tenant_id)
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send(), name="wake")

    async def _send(self) -> None:
        while self._unsent:
            tenants, self._unsent = self._unsent, set()
            for tenant_id in tenants:
                await self._publish(tenant_id)
            if not self._closing:
                await asyncio.sleep(_TOGETHER_SECONDS)

    async def _publish(self, tenant_id: UUID) -> None:
        try:
            async with asyncio.timeout(1):
                await self._redis.publish(_CHANNEL, str(tenant_id))
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("wake_not_sent", tenant=str(tenant_id), error=str(error))

    async def ping(self) -> None:
        """Raise unless the server answers."""
        async with asyncio.timeout(2):
            await self._redis.ping()

    @asynccontextmanager
    async def waiter(self, tenant_id: UUID) -> AsyncIterator[asyncio.Event]:
        """An asyncio.Event that is set whenever the city may have news; clear it before looking."""
        event = asyncio.Event()
        self._waiting[tenant_id].add(event)
        try:
            yield event
        finally:
            self._waiting[tenant_id].discard(event)
            if not self._waiting[tenant_id]:
                del self._waiting[tenant_id]

    def _ring(self, tenant_id: UUID) -> None:
        for event in self._waiting.get(tenant_id, ()):
            event.set()

    async def _listen(self) -> None:
        while not self._closing:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(_CHANNEL)
                    for tenant_id in tuple(self._waiting):
                        self._ring(tenant_id)  # whatever was said while nobody listened
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self._ring(UUID(message["data"].decode()))
            except (RedisError, OSError, ValueError) as error:
                _log.warning("pubsub_lost", error=str(error))
                await asyncio.sleep(_RETRY_SECONDS)
