"""What can be taken out of the product so that a city might see or change what is not its own: one thing at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from schema.mutations import MUTATION, OPEN
from schema.planner.declare import ENTITIES
from schema.root import schema
from server.tables import metadata

ROOT = Path(__file__).resolve().parents[2]
_BACKREF = "strawberry-definition"
_BY_THEMSELVES = "tests/house/test_every_use_case_asks_by_itself.py"
_AT_THE_EDGE = "schema/mutations.py"
_AT_THE_VIEW = "schema/planner/compile.py"
VIEW = "entity.visible(row, self.viewer)"
VIEW_SHOWING = "_shown(entity, row, self.viewer)"
# Kinds of which everybody in a city sees all there is.
SEEN_BY_ALL = {"healthpolicy", "org", "published"}
EDGE = "authorize(info.context.require_actor(), permission)"
EDGE_LETTING_IN = f"function.__name__ == LET_IN or {EDGE}"


class Kind(StrEnum):
    """What is taken out."""

    POLICY = "policy"
    FORCE = "force"
    KEY = "composite key"
    VISIBILITY = "visibility"
    EDGE = "guard of a mutation"
    GUARD = "guard of a use case"
    FIELD = "permission of a field"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One thing taken out. sql: statements for the database; else ``old`` in a file of the product becomes ``new``.

    Of a guard at the edge ``new`` is the function let in, of a view the kind shown.

    line: where ``old`` begins, 0 for the only place. suites: what must notice, the likeliest first.
    """

    kind: Kind
    name: str
    suites: tuple[str, ...]
    sql: str = ""
    file: str = ""
    old: str = ""
    new: str = ""
    line: int = 0

    @property
    def label(self) -> str:
        return f"{self.kind}: {self.name}"


def all_mutations() -> list[Mutation]:
    """Every one, in a fixed order."""
    schema()  # some types declare themselves only when others ask for them
    return [*_of_the_database(), *_visibility(), *_edges(), *_guards(), *_fields()]


def _of_the_database() -> Iterator[Mutation]:
    tables = [table for table in metadata.sorted_tables if "tenant_id" in table.c]
    walls = ("tests/house/test_every_tenant_table_has_rls.py",)
    keys = ("tests/house/test_tables_can_be_distributed.py",)
    for table in tables:
        quoted = f'"{table.name}"'
        opened = f"alter policy tenant_isolation on {quoted} using (true) with check (true)"
        yield Mutation(Kind.POLICY, f"{table.name} open to all", walls, sql=opened)
        yield Mutation(
            Kind.POLICY, f"{table.name} without", walls, sql=f"alter table {quoted} disable row level security"
        )
        yield Mutation(Kind.FORCE, table.name, walls, sql=f"alter table {quoted} no force row level security")
    for table in tables:
        for key in sorted(table.foreign_key_constraints, key=lambda each: str(each.name)):
            if len(key.columns) > 1:
                dropped = f'alter table "{table.name}" drop constraint "{key.name}"'
                yield Mutation(Kind.KEY, f"{table.name}.{key.name}", keys, sql=dropped)


def _visibility() -> Iterator[Mutation]:
    for name, entity in ENTITIES.items():
        if entity.prefix not in SEEN_BY_ALL:
            suite = "tests/isolation/test_walk.py"
            told = f"{entity.visible.__module__.split('.')[1]}.{entity.visible.__name__} of {name}"
            yield Mutation(Kind.VISIBILITY, told, (suite,), file=_AT_THE_VIEW, old=VIEW, new=entity.prefix)


def _edges() -> Iterator[Mutation]:
    root = schema()._schema.mutation_type
    assert root is not None
    for name, field in root.fields.items():
        if field.extensions[_BACKREF].metadata.get(MUTATION) == OPEN:
            continue
        function = field.extensions[_BACKREF].base_resolver.wrapped_func.__wrapped__.__name__
        suite = "tests/house/test_every_mutation_is_guarded.py"
        yield Mutation(Kind.EDGE, name, (suite,), file=_AT_THE_EDGE, old=EDGE, new=function)


def _guards() -> Iterator[Mutation]:
    for path in sorted((ROOT / "server").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        file = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
                continue
            if isinstance(node.value.func, ast.Name) and node.value.func.id == "authorize":
                old = ast.get_source_segment(text, node) or ""
                name = f"{file}:{_function_at(text, node.lineno)}:{node.lineno}"
                suites = (_BY_THEMSELVES, *_suites(file.split("/")[1]))
                yield Mutation(Kind.GUARD, name, suites, file=file, old=old, new="...", line=node.lineno)


def _fields() -> Iterator[Mutation]:
    for path in sorted((ROOT / "schema").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        file = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call)):
                continue
            for keyword in node.value.keywords:
                if keyword.arg == "permission" and isinstance(keyword.value, ast.Attribute):
                    old = ast.get_source_segment(text, keyword) or ""
                    area = file.split("/")[1]
                    suites = (*_suites(area), "tests/schema/connections")
                    name = f"{file}:{ast.unparse(node.target)}"
                    yield Mutation(
                        Kind.FIELD, name, suites, file=file, old=old, new="permission=None", line=keyword.lineno
                    )


def _suites(area: str) -> tuple[str, ...]:
    """The suites of an area, as far as there are any."""
    found = (f"tests/schema/{area}", f"tests/server/{area}")
    return tuple(each for each in found if (ROOT / each).is_dir())


def _function_at(text: str, line: int) -> str:
    """The function around a line."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    around = [node for node in functions if node.lineno <= line <= (node.end_lineno or 0)]
    return max(around, key=lambda node: node.lineno).name if around else ""
