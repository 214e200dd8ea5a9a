"""Watches that whoever changes something in somebody's name leaves an entry of it in the same transaction.

The worker's own upkeep (figures, leases) is nobody's act. Sealed matters have a log of their own (ADR 0008).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from server.transactions import Transactions
from tenants.context import Actor, ActorKind
from tenants.sessions import WriteSession
from tests.house.lints.recorder import prepared_statements

_WRITE = re.compile(r'(?:^|\()\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
_LOGS = {"audit_entry", "sealed_event", "sealed_access"}
_UPKEEP = {"due_work", "tenant_counter"}


@dataclass(slots=True)
class Written:
    """The tables that the transaction of an actor has written so far."""

    actor: Actor
    tables: set[str] = field(default_factory=set)

    @property
    def silent(self) -> bool:
        """Whether something was changed in somebody's name without a trace."""
        changed = self.tables - _LOGS - _UPKEEP
        # Whoever only holds an upload link has no name: the file is written down once it has arrived.
        arriving = changed == {"attachment"} and self.actor.username is None
        return bool(changed) and not self.tables & _LOGS and self.actor.kind is not ActorKind.SYSTEM and not arriving


_current: ContextVar[Written | None] = ContextVar("written", default=None)


@contextmanager
def watched() -> Iterator[list[Written]]:
    """The transactions at the edge that left no trace within the block."""
    silent: list[Written] = []
    opening = Transactions.open

    @asynccontextmanager
    async def open_watched(self: Transactions, actor: Actor) -> AsyncIterator[WriteSession]:
        written = Written(actor)
        _current.set(written)
        try:
            async with opening(self, actor) as session:
                yield session
        finally:
            _current.set(None)
        if written.silent:
            silent.append(written)

    def hear(statement: str) -> None:
        written = _current.get()
        if written is not None:
            written.tables.update(_WRITE.findall(statement))

    def sent(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        if cursor.rowcount:  # what was there already is not inserted a second time
            hear(statement)

    event.listen(Engine, "after_cursor_execute", sent)
    try:
        with (
            patch.object(Transactions, "open", open_watched),
            prepared_statements(lambda _session, statement, _values: hear(statement)),
        ):
            yield silent
    finally:
        event.remove(Engine, "after_cursor_execute", sent)


@pytest.fixture(autouse=True)
def every_change_leaves_an_audit_entry() -> Iterator[list[Written]]:
    """Fail a test during which somebody changed something and committed without a trace."""
    with watched() as silent:
        yield silent
    told = [f"{sorted(each.tables)} by {each.actor.kind} {each.actor.username}" for each in silent]
    assert not told, "\n".join(dict.fromkeys(told))
