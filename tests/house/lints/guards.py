"""The use cases whose first statement asks for a right, found in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, order=True)
class Guard:
    """A function that asks before it does anything. asked: the parameter with whoever is asking."""

    file: str
    function: str
    asked: str

    @property
    def module(self) -> str:
        """The dotted name of its module."""
        return self.file.removesuffix(".py").replace("/", ".")

    def __str__(self) -> str:
        """How a test is told by."""
        return f"{self.module}.{self.function}"


def asking_first() -> list[Guard]:
    """All of ``server/``, in a fixed order."""
    return sorted(guard for path in (ROOT / "server").rglob("*.py") for guard in _in(path))


def _in(path: Path) -> Iterator[Guard]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1 if ast.get_docstring(node) is not None else 0 :][:1]
            if first and (asked := _asked(first[0])):
                yield Guard(str(path.relative_to(ROOT)), node.name, asked)


def _asked(statement: ast.stmt) -> str:
    """The name of whoever a statement asks; empty for a statement that asks nobody."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "authorize":
        return ast.unparse(call.args[0])
    return ""
