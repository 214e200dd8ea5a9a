"""How many operations may be under way at once by socket: a stream costs little while it waits, and a lot at each event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from schema.context import Context
from schema.faults import RequestFault
from server.throttle.names import network_of

MOST_OF_SOCKET = 100
"""Operations of any kind under way on one socket."""

MOST_OF_CALLER = 200
"""Streams of one account or application on all of its sockets to one process; of strangers, of one network."""


def too_many(most: int) -> RequestFault:
    """What the next one is told."""
    template = "{most} operations are under way already; complete some of them first."
    return RequestFault(template, code="TOO_MANY_SUBSCRIPTIONS", most=most)


class Crowd:
    """The streams of a process, counted by caller."""

    __slots__ = ("_streams",)

    def __init__(self) -> None:
        self._streams: dict[UUID | str, int] = {}

    @contextmanager
    def place(self, context: Context) -> Iterator[None]:
        """One stream more, until it ends. Raises RequestFault TOO_MANY_SUBSCRIPTIONS."""
        account_id = context.actor.account_id if context.actor is not None else None
        caller = account_id or network_of(context.peer)
        if self._streams.get(caller, 0) >= MOST_OF_CALLER:
            raise too_many(MOST_OF_CALLER)
        self._streams[caller] = self._streams.get(caller, 0) + 1
        try:
            yield
        finally:
            self._streams[caller] -= 1
            if not self._streams[caller]:
                del self._streams[caller]
