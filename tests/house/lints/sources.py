"""The project's own source files, parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
PRODUCT = ("migrations", "schema", "server", "tenants")
PROOF = ("bench", "tests")


def files(*rooms: str) -> list[Path]:
    """Every Python file of the rooms, as paths relative to the project, in order."""
    return sorted(path.relative_to(ROOT) for room in rooms for path in (ROOT / room).rglob("*.py"))


@cache
def tree(file: Path) -> ast.Module:
    """The syntax tree of a file given relative to the project."""
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), str(file))


def calls(file: Path) -> Iterator[tuple[ast.Call, str]]:
    """Every call in a file, with the last word of what is called: ``session.begin()`` is ``begin``."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call):
            yield node, called(node)


def called(node: ast.Call) -> str:
    """The last word of what a call calls; empty for calls of calls and subscripts."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
