"""Automatic persisted queries: texts that signed-in callers asked to be remembered, in Redis or Valkey, for a day.

Losing them loses nothing: a client that hears "not found" sends the text once more (Apollo's protocol). So every
trouble with the server reads as "not found", and while it is away it is left alone for a second at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.documents.rules import digest_of, encoded
from server.documents.shelf import Shelf

LIFETIME_SECONDS = 86_400
MAX_PER_TENANT = 1_000
MAX_BYTES = 16_000
KEPT_CHARACTERS = 4_000_000

_PATIENCE_SECONDS = 0.5
_AWAY_SECONDS = 1.0
_log = structlog.get_logger(__name__)

# KEYS: the city's digests by time, the text's key. ARGV: digest, text, lifetime in seconds, most, prefix of text keys.
# One call, so that two writers cannot both see room for one more. The braces in the keys keep a city on one node.
_KEEP = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local lifetime = tonumber(ARGV[3])
redis.call('SET', KEYS[2], ARGV[2], 'EX', lifetime)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - lifetime * 1000000)
local over = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[4])
if over > 0 then
  local gone = redis.call('ZPOPMIN', KEYS[1], over)
  for place = 1, #gone, 2 do
    redis.call('DEL', ARGV[5] .. gone[place])
  end
end
return redis.call('EXPIRE', KEYS[1], lifetime)
"""


class PersistedQueries:
    """The texts kept for all cities; each city has room for 1,000 of up to 16 kB, the oldest out first."""

    def __init__(self, redis_url: str) -> None:
        self._redis: Redis = Redis.from_url(
            redis_url,
            socket_connect_timeout=_PATIENCE_SECONDS,
            socket_timeout=_PATIENCE_SECONDS,
        )
        self._texts: Shelf[tuple[UUID, str]] = Shelf(KEPT_CHARACTERS)
        self._away_until = float("-inf")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    async def text(self, tenant_id: UUID, digest: str) -> str | None:
        """The text of a digest (64 hex) that was kept for the city; None when it was not, or cannot be had now."""
        text = self._texts.get((tenant_id, digest))
        if text is not None:
            return text
        key = f"{_prefix(tenant_id)}{digest}"
        found: bytes | None = await self._asked(lambda: self._redis.get(key))
        if found is None:
            return None
        text = found.decode("utf-8", "replace")
        if digest_of(text) != digest:
            # Whoever can write to the server could otherwise put words into a client's mouth.
            _log.warning("persisted_query_not_its_digest", tenant=str(tenant_id), digest=digest)
            return None
        self._texts.put((tenant_id, digest), text)
        return text

    async def keep(self, tenant_id: UUID, digest: str, text: str) -> None:
        """Keep a text under its digest for a day; not one above 16 kB. Never raises."""
        body = encoded(text)
        if len(body) > MAX_BYTES:
            return
        prefix = _prefix(tenant_id)
        keys = (f"{prefix}index", f"{prefix}{digest}")
        values: tuple[Any, ...] = (digest, body, LIFETIME_SECONDS, MAX_PER_TENANT, prefix)
        if await self._asked(lambda: cast("Awaitable[Any]", self._redis.eval(_KEEP, 2, *keys, *values))) is not None:
            self._texts.put((tenant_id, digest), text)

    async def _asked(self, question: Callable[[], Awaitable[Any]]) -> Any:
        """The server's answer; None when it gives none."""
        if time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await question()
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + _AWAY_SECONDS
            _log.warning("persisted_queries_away", error=str(error))
            return None


def _prefix(tenant_id: UUID) -> str:
    return f"civicgrid:persisted:{{{tenant_id}}}:"
