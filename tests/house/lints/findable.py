"""Watches that whoever writes a searched column writes its terms, too, before the transaction is committed.

A search would find too little otherwise, and nobody would be told. What the demo's bulk load and revisions write past
SQLAlchemy is compared row by row in ``tests/server/search``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from server.search.searched import SEARCHED
from tenants.sessions import WriteSession
from tests.house.lints.recorder import PASSED, awaiting, prepared_statements, sender

_INSERT = re.compile(r'(?:^|\()\s*INSERT INTO "?(\w+)"? ', re.IGNORECASE)
_UPDATE = re.compile(r'\s*UPDATE "?(\w+)"? SET (.*?)(?: WHERE |$)', re.IGNORECASE | re.DOTALL)
_TERMS = re.compile(r"(?:^|\()\s*(?:INSERT INTO|DELETE FROM) search_term\b", re.IGNORECASE)
_SET = re.compile(r'"?(\w+)"?\s*=')
_KEY = "searched tables written"
_EDGE = "tenants/sessions.py"  # commits, and flushes before it, for whoever opened the transaction


@dataclass(slots=True)
class Watch:
    """What was written of searched tables, and by which lines their terms were forgotten."""

    written: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)


def written(statement: str) -> str | None:
    """The searched table whose rows a statement makes, or whose searched columns it changes; None for others.

    Of several that one statement makes rows of, the first.
    """
    if made := _INSERT.findall(statement):
        return next((table for table in made if table in SEARCHED), None)
    changed = _UPDATE.match(statement)
    if changed is None or changed[1] not in SEARCHED:
        return None
    return changed[1] if set(_SET.findall(changed[2])) & set(SEARCHED[changed[1]].columns) else None


def remembered(statement: str, parameters: Iterable[Any]) -> set[str]:
    """The tables whose terms a statement keeps: ``server.search.writing`` sends a table's name as a parameter."""
    return {kind for kind in SEARCHED if kind in _texts(parameters)} if _TERMS.search(statement) else set()


def _texts(parameters: Iterable[Any]) -> set[str]:
    values = parameters.values() if isinstance(parameters, Mapping) else parameters
    return {value for value in values if isinstance(value, str)}


def _rolled_back(connection: Connection) -> None:
    if not connection.invalidated:  # else it is gone, and what was noted with it
        connection.info.pop(_KEY, None)


@contextmanager
def watched() -> Iterator[Watch]:
    """What the product writes within the block; rows that the tests make themselves are let be."""
    watch = Watch()

    def sent(connection: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        note(connection.info, sender(_EDGE), statement, parameters)

    def prepared(session: WriteSession, statement: str, values: tuple[Any, ...]) -> None:
        note(session.sync_session.connection().info, awaiting((*PASSED, _EDGE)), statement, values)

    def note(info: dict[Any, Any], place: str | None, statement: str, parameters: Any) -> None:
        open_kinds: dict[str, str] = info.setdefault(_KEY, {})
        if (kind := written(statement)) is not None and place is not None:
            watch.written.append(kind)
            open_kinds[kind] = f"{place}: {kind} without terms\n{statement}"
        for kept in remembered(statement, parameters):
            open_kinds.pop(kept, None)

    def committed(connection: Connection) -> None:
        watch.forgotten.extend(connection.info.pop(_KEY, {}).values())

    listeners = (("before_cursor_execute", sent), ("commit", committed), ("rollback", _rolled_back))
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        with prepared_statements(prepared):
            yield watch
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


@pytest.fixture(autouse=True)
def everything_written_can_be_found() -> Iterator[Watch]:
    """Fail a test during which the product wrote a searched column and committed without writing its terms."""
    with watched() as watch:
        yield watch
    assert not watch.forgotten, "\n\n".join(dict.fromkeys(watch.forgotten))
