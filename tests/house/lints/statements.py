"""Judges one SQL statement by the rules that let the tables be distributed by tenant. Pure: text in, faults out.

A fault begins with the number of the rule. Read are statements as SQLAlchemy writes them for PostgreSQL: parameters
are ``$n``, and what is in parentheses and starts with SELECT is a statement of its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import takewhile

_TOKEN = re.compile(
    r"""\s+|--[^\n]*|/\*.*?\*/|(?P<text>[eE]?'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*")|(?P<word>\w+|\$\d+)"""
    r"""|(?P<mark>::|[<>!=]=|<>|.)""",
    re.DOTALL,
)
_ARMS = {"UNION", "INTERSECT", "EXCEPT"}
_AFTER_TABLE = {
    "SET",
    "WHERE",
    "ON",
    "USING",
    "JOIN",
    "LEFT",
    "RIGHT",
    "FULL",
    "INNER",
    "CROSS",
    "NATURAL",
    "GROUP",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "HAVING",
    "FOR",
    "RETURNING",
    "WINDOW",
    "VALUES",
    "SELECT",
    "DEFAULT",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "FETCH",
    "TABLESAMPLE",
}
_ENDS_FROM = _AFTER_TABLE - {"ON", "USING", "JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL"}
_VOLATILE = {
    "now",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timeofday",
    "random",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "nextval",
    "current_timestamp",
}


@dataclass(slots=True)
class Scope:
    """What stands between two parentheses: words, marks and further scopes."""

    parts: list[str | Scope] = field(default_factory=list)

    @property
    def is_statement(self) -> bool:
        """Whether it is a subquery."""
        return bool(self.parts) and _upper(self.parts[0]) in {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "VALUES"}


@dataclass(frozen=True, slots=True)
class Mention:
    """A table in a statement, by the name its columns go by there."""

    table: str
    alias: str


def faults(statement: str, tenant_tables: Collection[str]) -> list[str]:
    """What is wrong with a statement: empty when it names the tenant for every tenant table it mentions."""
    whole = _read(statement)
    found: list[str] = []
    if any(part == ";" for part in whole.parts[:-1]):
        found.append("7: more than one statement")
    for scope in _statements(whole):
        for arm in _arms(scope):
            found.extend(_unpinned(arm, tenant_tables))
            found.extend(_forms(arm))
    return found


def _read(statement: str) -> Scope:
    open_scopes = [Scope()]
    for match in _TOKEN.finditer(statement):
        token = match.group("text") or match.group("quoted") or match.group("word") or match.group("mark")
        if token is None:
            continue
        if token == "(":
            inner = Scope()
            open_scopes[-1].parts.append(inner)
            open_scopes.append(inner)
        elif token == ")":
            open_scopes.pop()
        else:
            open_scopes[-1].parts.append(token)
    return open_scopes[0]


def _statements(scope: Scope) -> Iterator[Scope]:
    """The scope itself and every subquery, however deep."""
    yield scope
    for inner in _inner(scope, through_statements=True):
        if inner.is_statement:
            yield inner


def _inner(scope: Scope, *, through_statements: bool) -> Iterator[Scope]:
    for part in scope.parts:
        if isinstance(part, Scope):
            yield part
            if through_statements or not part.is_statement:
                yield from _inner(part, through_statements=through_statements)


def _arms(scope: Scope) -> list[list[str | Scope]]:
    """The selects of a UNION; one for other statements."""
    arms: list[list[str | Scope]] = [[]]
    for part in scope.parts:
        if _upper(part) in _ARMS:
            arms.append([])
        else:
            arms[-1].append(part)
    return arms


def _unpinned(arm: list[str | Scope], tenant_tables: Collection[str]) -> list[str]:
    mentions = [mention for mention in _mentions(arm) if mention.table in tenant_tables]
    written = [mention for mention in _written(arm) if mention[0] in tenant_tables]
    if _is_never(arm):
        mentions = []
    words = list(_flat(arm))
    found = [
        f"5: {mention.table} as {mention.alias} is not bound to the tenant"
        for mention in mentions
        if not _is_pinned(words, mention.alias, alone=len(mentions) == 1)
    ]
    found.extend(f"5: {table} gets a row without a tenant" for table, columns in written if "tenant_id" not in columns)
    return found


def _mentions(arm: list[str | Scope]) -> Iterator[Mention]:
    """Tables that are read, updated or deleted from in this very select, not in its subqueries."""
    listing = False
    for place, part in enumerate(arm):
        word, before = _upper(part), _upper(arm[place - 1]) if place else ""
        if word == "UPDATE":
            listing = False
            opens = before not in {"FOR", "KEY", "DO"}
        else:
            opens = word in {"FROM", "JOIN", "USING"} or (listing and part == ",")
            listing = word not in _ENDS_FROM and (listing or word in {"FROM", "USING"})
        found = _table(arm, place + 1) if opens else None
        if found is not None:
            yield found


def _table(arm: list[str | Scope], place: int) -> Mention | None:
    while place < len(arm) and _upper(arm[place]) in {"ONLY", "LATERAL"}:
        place += 1
    name = arm[place] if place < len(arm) else None
    after = arm[place + 1] if place + 1 < len(arm) else None
    if not isinstance(name, str) or after == ".":
        return None  # a subquery, or a column as in "is distinct from t.x"
    if _upper(after) == "AS":
        after = arm[place + 2]
    is_alias = isinstance(after, str) and re.match(r'\w|"', after) is not None and _upper(after) not in _AFTER_TABLE
    return Mention(_bare(name), _bare(str(after)) if is_alias else _bare(name))


def _written(arm: list[str | Scope]) -> Iterator[tuple[str, list[str]]]:
    for place, part in enumerate(arm[:-1]):
        if _upper(part) == "INTO":
            name = arm[place + 1]
            columns = arm[place + 2] if place + 2 < len(arm) else None
            listed = (
                [_bare(word) for word in columns.parts if isinstance(word, str)] if isinstance(columns, Scope) else []
            )
            yield _bare(str(name)), listed


def _flat(arm: list[str | Scope]) -> Iterator[str]:
    """The words of a select without those of its subqueries."""
    for part in arm:
        if isinstance(part, str):
            yield part
        elif not part.is_statement:
            yield from _flat(part.parts)


def _is_never(arm: list[str | Scope]) -> bool:
    """Whether the condition is ``false and ...``: what a viewer without any right is answered, by no shard."""
    words = [part.upper() if isinstance(part, str) else "()" for part in arm]
    for place, word in enumerate(words):
        if word == "WHERE":
            clause = list(takewhile(lambda other: other not in _AFTER_TABLE, words[place + 1 :]))
            return clause[:1] == ["FALSE"] and "OR" not in clause
    return False


def _is_pinned(words: list[str], alias: str, *, alone: bool) -> bool:
    for place, word in enumerate(words):
        if word != "tenant_id":
            continue
        qualified = place >= 2 and words[place - 1] == "."
        if not (_bare(words[place - 2]) == alias if qualified else alone):
            continue
        after = words[place + 1 : place + 3]
        before = words[place - (4 if qualified else 2) : place - (2 if qualified else 0)]
        if (len(after) == 2 and after[0] == "=" and after[1].startswith("$")) or (
            len(before) == 2 and before[1] == "=" and before[0].startswith("$")
        ):
            return True
    return False


def _forms(arm: list[str | Scope]) -> Iterator[str]:
    """Statements that a distributed database refuses, or that change meaning there."""
    words = [_upper(part) for part in arm]
    first = next((word for word in words if word in {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"}), "")
    if first == "INSERT":
        if "SELECT" in words and not {"RETURNING", "CONFLICT"} & set(words):
            yield "12: INSERT..SELECT ends in RETURNING or ON CONFLICT"
        values = arm[words.index("VALUES") :] if "VALUES" in words else []
        rows = Scope([part for part in values if isinstance(part, Scope)])
        if any(inner.is_statement for inner in _inner(rows, through_statements=True)):
            yield "12: a subquery in VALUES"
    if first == "MERGE":
        yield "13: MERGE"
    if "DO" in words:
        called = list(_functions(arm[words.index("DO") :]))
        if called:
            yield f"13: {called[0]}() in DO UPDATE SET"
    if first == "UPDATE":
        volatile = [name for name in _functions(arm) if name in _VOLATILE]
        if volatile:
            yield f"14: {volatile[0]}() in UPDATE"
    if any("advisory" in name for name in _functions(arm)):
        yield "17: an advisory lock"


def _functions(parts: list[str | Scope]) -> Iterator[str]:
    """The names of functions called."""
    for place, part in enumerate(parts):
        if isinstance(part, Scope):
            yield from _functions(part.parts)
            before = parts[place - 1] if place else None
            if isinstance(before, str) and re.fullmatch(r"[a-z_]\w*", before) and before.upper() not in _NOT_CALLED:
                yield before
        elif part.lower() == "current_timestamp":
            yield part.lower()


_NOT_CALLED = _AFTER_TABLE | {
    "AND",
    "OR",
    "NOT",
    "IN",
    "ANY",
    "ALL",
    "EXISTS",
    "AS",
    "FROM",
    "CONFLICT",
    "FILTER",
    "OVER",
}


def _upper(part: object) -> str:
    return part.upper() if isinstance(part, str) else ""


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
