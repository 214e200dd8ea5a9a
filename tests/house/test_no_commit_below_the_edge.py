"""A use case is one transaction, opened and ended at the edge; sessions and pools are born in one file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.lints import sources

SESSIONS = Path("tenants/sessions.py")
PRODUCT = sources.files("schema", "server", "tenants")
ENDS = {"begin", "commit", "rollback"}
BORN = {
    "AsyncSession",
    "Session",
    "async_sessionmaker",
    "create_async_engine",
    "create_engine",
    "create_pool",
    "sessionmaker",
}
LATE_SQL = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "text"}
WRITES_DEFINITIONS = {
    Path("tenants/rls.py"): "row security is written as statements, for the migrations",
    SESSIONS: "wraps a compiled read, whose text comes from the planner and holds no value",
}


def _places(file: Path, words: set[str]) -> Iterator[tuple[str, ast.Call]]:
    for node, word in sources.calls(file):
        if word in words:
            yield f"{file}:{node.lineno} {word}", node


def _is_savepoint(node: ast.Call) -> bool:
    """A savepoint given back ends no transaction: ``async with session.begin_nested() as savepoint``."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return isinstance(owner, ast.Name) and owner.id == "savepoint"


def _is_written_late(argument: ast.expr) -> bool:
    if isinstance(argument, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in argument.values)
    if isinstance(argument, ast.BinOp):
        return isinstance(argument.op, ast.Add | ast.Mod)
    return isinstance(argument, ast.Call) and sources.called(argument) in {"format", "join"}


def test_nobody_below_the_edge_ends_a_transaction() -> None:
    found = [
        place
        for file in PRODUCT
        if file != SESSIONS
        for place, node in _places(file, ENDS)
        if isinstance(node.func, ast.Attribute) and not _is_savepoint(node)
    ]
    assert found == []


def test_sessions_and_pools_are_born_in_one_file() -> None:
    elsewhere = [place for file in PRODUCT if file != SESSIONS for place, _node in _places(file, BORN)]
    assert elsewhere == []
    assert len(list(_places(SESSIONS, BORN))) == 3


def test_only_migrations_connect_to_the_database_by_themselves() -> None:
    found = []
    for file in PRODUCT:
        for node, word in sources.calls(file):
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            if word == "connect" and isinstance(owner, ast.Name) and owner.id == "asyncpg":
                found.append(f"{file}:{node.lineno}")
    assert found == []


def test_sql_is_never_put_together_from_values() -> None:
    found = [
        place
        for file in PRODUCT
        if file not in WRITES_DEFINITIONS
        for place, node in _places(file, LATE_SQL)
        if node.args and _is_written_late(node.args[0])
    ]
    assert found == []


@pytest.mark.parametrize("file", [file for file in PRODUCT if file.name in {"service.py", "visibility.py"}], ids=str)
def test_services_know_neither_transport_nor_session_factory(file: Path) -> None:
    imported = {
        alias.name
        for node in ast.walk(sources.tree(file))
        if isinstance(node, ast.ImportFrom)
        and node.module in {"tenants.sessions", "server.transactions"}
        and file.name == "visibility.py"
        for alias in node.names
    }
    assert imported == set()
