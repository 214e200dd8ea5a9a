"""A client that leaves: its request is stopped, and with it the SQL it waits for.

Cancelling the task makes asyncpg send PostgreSQL a cancel request. What has been written in the transaction is rolled
back; a mutation that has begun is not cancelled at all (``schema.mutations``), because nobody could tell its caller
what became of it. Most requests are over before anybody would notice: only one that takes longer than PATIENCE seconds
has its connection watched.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

PATIENCE = 0.1


class Left(Exception):
    """The client closed the connection; nobody reads an answer."""


class Presence:
    """Cancels the block it surrounds when the client closes the connection. Errors: Left, then.

    The request's body must have been read: from then on ``receive`` only tells of the end.
    """

    __slots__ = ("_left", "_receive", "_task", "_timer", "_watcher")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task: asyncio.Task[object] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._left = False

    def __enter__(self) -> Self:
        """Begin to count."""
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._begin)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching; the cancellation that this object caused becomes Left, any other stays what it is."""
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._left and self._task is not None and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise Left from error

    def _begin(self) -> None:
        self._watcher = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left = True
        if self._task is not None:
            self._task.cancel()
