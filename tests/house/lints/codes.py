"""The codes of errors, found in the source: words of the public contract."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.lints import sources

_WORDS = {"code", "default_code"}
# What only people at a terminal meet.
_NOT_SERVED = {Path("server/isolation/people.py"), Path("server/settings.py"), Path("server/supervisor/asking.py")}


def codes() -> dict[str, str]:
    """Each code a client may meet, with the first file that has it."""
    found: dict[str, str] = {}
    for file in sources.files("schema", "server", "tenants"):
        if file not in _NOT_SERVED:
            for code in _in(sources.tree(file)):
                found.setdefault(code, str(file))
    return found


def _in(tree: ast.Module) -> Iterator[str]:
    constants = dict(_constants(tree))
    for node in ast.walk(tree):
        for value in _values(node):
            arms = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
            for arm in arms:
                text: object = arm.value if isinstance(arm, ast.Constant) else None
                text = constants.get(arm.id) if isinstance(arm, ast.Name) else text
                if isinstance(text, str) and text.isupper():
                    yield text


def _constants(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """What the module's own names hold, of single words."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _values(node: ast.AST) -> Iterator[ast.expr]:
    """What is called a code: by keyword, as a class's or function's default, in a dict, or assigned."""
    if isinstance(node, ast.keyword) and node.arg in _WORDS:
        yield node.value
    elif isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        yield from (value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "code")
    elif isinstance(node, ast.arguments):
        named = zip(node.kwonlyargs, node.kw_defaults, strict=True)
        yield from (default for argument, default in named if argument.arg in _WORDS and default is not None)
    elif isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id in _WORDS for target in targets):
            yield node.value
