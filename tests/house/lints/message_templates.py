"""The message templates of expected failures and of faults of requests, found in the source: what translators translate."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

from schema.documents.refusals import ADVICE, BESIDE_DATA
from server.health_checks.rules import _TEXTS, Reason
from tests.house.lints import sources

ERRORS = frozenset(
    {"AppError", "Conflict", "Invalid", "NotFound", "NotPermitted", "RuleViolation", "TooSlow", "Unauthenticated"},
)
FAULTS = frozenset({"RequestFault", "BadInput"})
REQUESTS = "BadRequest"  # its template comes after the status
TRANSLATING = frozenset({"message_of", "words_of"})
# Messages that come from a table of texts: the file that raises them, and the texts.
TABLES = {
    Path("schema/documents/refusals.py"): [*ADVICE.values(), BESIDE_DATA],
    Path("server/health_checks/service/recording.py"): [
        english for reason, (english, _chinese) in _TEXTS.items() if reason is not Reason.ELIGIBLE
    ],
}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def templates() -> tuple[dict[str, str], list[str]]:
    """Each template with the first place that uses it, and the places whose message cannot be read from the source."""
    found: dict[str, str] = {}
    unreadable: list[str] = []
    for file in sources.files("schema", "server", "tenants"):
        for node, message, scope in _messages(file):
            place = f"{file}:{node.lineno}"
            texts = _texts(message, scope) or TABLES.get(file, [])
            if not texts:
                unreadable.append(place)
            for text in texts:
                found.setdefault(text, place)
    return found, unreadable


def untranslated() -> list[str]:
    """Places of schema/ that tell an error of GraphQL in words of their own that nobody has translated."""
    return [
        f"{file}:{node.lineno}"
        for file in sources.files("schema")
        for node, name in sources.calls(file)
        if name == "GraphQLError" and not _is_translated(node, sources.tree(file))
    ]


def _is_translated(node: ast.Call, scope: ast.AST) -> bool:
    """Whether the message is what a function of ``schema.messages`` returns, at once or by a name."""
    message = node.args[0] if node.args else None
    given = [message]
    if isinstance(message, ast.Name):
        given = [value for each in ast.walk(scope) for value in _given(each, message.id)]
    return bool(given) and all(isinstance(each, ast.Call) and sources.called(each) in TRANSLATING for each in given)


def placeholders(template: str) -> list[str]:
    """The names a template is filled from, sorted."""
    return sorted(name for _text, name, _format, _conversion in Formatter().parse(template) if name is not None)


def _messages(file: Path) -> list[tuple[ast.Call, ast.expr, ast.AST]]:
    found: list[tuple[ast.Call, ast.expr, ast.AST]] = []

    def visit(node: ast.AST, scope: ast.AST, errors: frozenset[str]) -> None:
        if isinstance(node, ast.ClassDef):
            errors = errors | {"__init__"} if _is_error(node) else errors
        if isinstance(node, _FUNCTIONS):
            scope = node
        if isinstance(node, ast.Call) and node.args and sources.called(node) in errors:
            found.append((node, node.args[sources.called(node) == REQUESTS], scope))
        for child in ast.iter_child_nodes(node):
            visit(child, scope, errors)

    visit(sources.tree(file), sources.tree(file), ERRORS | FAULTS | {REQUESTS})
    return found


def _is_error(node: ast.ClassDef) -> bool:
    """Whether a class builds on an expected failure: its constructor hands the template to super().__init__."""
    return any(isinstance(base, ast.Name) and base.id in ERRORS | FAULTS for base in node.bases)


def _texts(message: ast.expr, scope: ast.AST) -> list[str]:
    """The texts an expression may hold: a literal, either arm of a choice, or what a name was given in its function."""
    if isinstance(message, ast.Constant):
        return [message.value] if isinstance(message.value, str) else []
    if isinstance(message, ast.IfExp):
        return [*_texts(message.body, scope), *_texts(message.orelse, scope)]
    if not isinstance(message, ast.Name):
        return []
    return [text for node in ast.walk(scope) for value in _given(node, message.id) for text in _texts(value, scope)]


def _given(node: ast.AST, name: str) -> list[ast.expr]:
    """What an assignment gives to a name, taken apart when it assigns a tuple."""
    if not isinstance(node, ast.Assign):
        return []
    pairs = [pair for target in node.targets for pair in _pairs(target, node.value)]
    return [value for target, value in pairs if isinstance(target, ast.Name) and target.id == name]


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    if isinstance(target, ast.Tuple) and isinstance(value, ast.IfExp):
        return [*_pairs(target, value.body), *_pairs(target, value.orelse)]
    return [(target, value)]
