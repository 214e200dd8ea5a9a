"""Watches every statement of a transaction that the product's own code sends while a test runs."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import FrameType
from typing import Any
from unittest.mock import patch

import asyncpg
import pytest
from greenlet import getcurrent  # type: ignore[import-untyped]  # no stubs among our pinned tools
from sqlalchemy import event
from sqlalchemy.engine import Engine

from migrations.metadata import metadata
from tenants import statements
from tenants.sessions import WriteSession
from tests.house.lints.catalog import GLOBAL
from tests.house.lints.sources import ROOT
from tests.house.lints.statements import faults

TENANT_TABLES = frozenset(metadata.tables) - frozenset(GLOBAL)
_PRODUCT = ("schema/", "server/", "tenants/")
PASSED = (
    "tests/house/lints/recorder.py",
    "tests/house/lints/findable.py",
    "tenants/statements.py",
    "tenants/inserts.py",
)
"""Who only passes on what others have to say."""
_REMEMBERED = 4096  # random operations make statements that never come again
# Which cities have work at all is the one question across cities: asked as the operator, answered with their ids.
_ACROSS = re.compile(r"SELECT due_work\.tenant_id\s+FROM due_work\s.* GROUP BY due_work\.tenant_id", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Heard:
    """A statement of the product: the line that sent it, its text and what is wrong with it."""

    place: str
    statement: str
    faults: list[str]


@contextmanager
def watched() -> Iterator[list[Heard]]:
    """The statements that the product sends within the block; those of the tests themselves are let be."""
    heard: list[Heard] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        hear(sender(), statement)

    def hear(place: str | None, statement: str) -> None:
        if place is not None:
            heard.append(Heard(place, statement, list(judged(statement))))

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        with prepared_statements(lambda _session, statement, _values: hear(awaiting(PASSED), statement)):
            yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


@lru_cache(maxsize=_REMEMBERED)
def judged(statement: str) -> tuple[str, ...]:
    """The faults of a statement; most are sent again by many tests."""
    return () if _ACROSS.fullmatch(statement) else tuple(faults(statement, TENANT_TABLES))


@contextmanager
def prepared_statements(hear: Callable[[WriteSession, str, tuple[Any, ...]], None]) -> Iterator[None]:
    """Hear the statements that were compiled beforehand, which SQLAlchemy sends nothing of."""
    send = statements.send

    async def heard(session: WriteSession, text: str, values: tuple[Any, ...]) -> list[asyncpg.Record]:
        hear(session, text, values)
        return await send(session, text, values)

    with patch.object(statements, "send", heard):
        yield


@pytest.fixture(autouse=True)
def every_statement_names_its_tenant() -> Iterator[None]:
    """Fail a test during which the product sent a statement that does not name the tenant for a tenant table."""
    with watched() as heard:
        yield
    wrong = [f"{found.place}: rule {fault}\n{found.statement}" for found in heard for fault in found.faults]
    assert not wrong, "\n\n".join(dict.fromkeys(wrong))


def sender(*passed: str) -> str | None:
    """The line of the product that sent the statement; None when a test or the migrations did. Files ``passed`` do not count.

    SQLAlchemy runs in a greenlet of its own: whoever awaits it stands on the stack of the parent.
    """
    parent = getcurrent().parent
    frame: FrameType | None = parent.gr_frame if parent is not None else None
    return None if frame is None else _place(frame, passed)


def awaiting(passed: Collection[str]) -> str | None:
    """The same for whoever stands on this very stack."""
    return _place(sys._getframe(), passed)


def _place(frame: FrameType, passed: Collection[str]) -> str | None:
    for above, line in traceback.walk_stack(frame):
        path = above.f_code.co_filename
        if path.startswith(f"{ROOT}/") and "/site-packages/" not in path:
            inside = path.removeprefix(f"{ROOT}/")
            if inside in passed:
                continue
            return f"{inside}:{line}" if inside.startswith(_PRODUCT) else None
    return None
