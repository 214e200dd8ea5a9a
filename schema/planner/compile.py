"""From a selection to SQL: one JSON object per row, related objects as correlated subqueries.

Every subquery names the tenant for its own table (citus.md rule 5) and carries the visibility predicate of its type.
A to-one relation is a scalar subquery on a primary key, a to-many relation a page of its own (``pages``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
)
from sqlalchemy import ColumnElement, Text, and_, cast, func, literal_column, select
from sqlalchemy.sql.selectable import FromClause

from schema.planner import pages
from schema.planner.arguments import Variables
from schema.planner.binding import Binder, Parameters
from schema.planner.declare import ENTITIES, KEY, Decoder, Entity, Spec
from schema.planner.objects import build_object, is_big, public
from schema.planner.selection import Selector
from tenants.permissions import Permission
from tenants.viewer import Viewer

OBSERVED = "__observed"
_BACKREF = "strawberry-definition"
Condition = Callable[[FromClause], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Denied:
    """A selected field the viewer's roles do not include: it is null, and an error with this path says so."""

    path: tuple[str, ...]
    permission: Permission


@dataclass(slots=True)
class Findings:
    """What a compiled read needs done around it. pages: for each page, its size and those of the pages around it."""

    denied: list[Denied] = field(default_factory=list)
    decoders: list[tuple[tuple[str, ...], Decoder]] = field(default_factory=list)
    observed: set[str] = field(default_factory=set)
    pages: list[tuple[Binder, ...]] = field(default_factory=list)


class Compiler:
    """Compiles the selection of one root field for one viewer."""

    def __init__(self, schema: GraphQLSchema, selector: Selector, variables: Variables, viewer: Viewer) -> None:
        self.schema = schema
        self.selector = selector
        self.variables = variables
        self.viewer = viewer
        self.parameters = Parameters()
        self.findings = Findings()
        self.rows: list[FromClause] = []
        self.sizes: list[Binder] = []
        self._aliases = 0

    def alias(self, entity: Entity) -> FromClause:
        """A new name for the entity's table within the statement."""
        return entity.table.__table__.alias(self.name("t"))

    def name(self, kind: str) -> str:
        """A name that is new within the statement."""
        self._aliases += 1
        return f"{kind}{self._aliases}"

    def guarded(self, entity: Entity, row: FromClause) -> ColumnElement[bool]:
        """The two conditions every mention of a type carries: its tenant and what this viewer may see."""
        tenant = row.c.id if entity.global_table else row.c.tenant_id
        return and_(tenant == self.viewer.tenant, entity.visible(row, self.viewer))

    def one(
        self,
        type_: GraphQLObjectType,
        nodes: Iterable[FieldNode],
        path: tuple[str, ...],
        condition: Condition,
    ) -> ColumnElement[Any]:
        """The object of the one row that the condition names by a unique key; SQL null when there is none to see."""
        entity = ENTITIES[type_.name]
        row = self.alias(entity)
        json = self.object(type_, nodes, row, path)
        return select(json).where(self.guarded(entity, row), condition(row)).scalar_subquery()

    def object(
        self,
        type_: GraphQLObjectType,
        nodes: Iterable[FieldNode],
        row: FromClause,
        path: tuple[str, ...],
    ) -> ColumnElement[Any]:
        """``json_build_object`` of everything selected of this row."""
        self.rows.append(row)  # whatever is nested may refer to it
        pairs: list[tuple[str, ColumnElement[Any]]] = []
        for key, found in self.selector.of(nodes, type_).items():
            pairs.append((key, self._field(type_, found, row, (*path, key))))
        self.rows.pop()
        entity = ENTITIES.get(type_.name)
        if entity is not None and entity.observed:
            self.findings.observed.add(entity.observed)
            pairs.append((OBSERVED, func.json_build_array(entity.observed, row.c.resident_id, row.c.id)))
        return build_object(pairs)

    def _field(
        self,
        type_: GraphQLObjectType,
        nodes: list[FieldNode],
        row: FromClause,
        path: tuple[str, ...],
    ) -> ColumnElement[Any]:
        name = nodes[0].name.value
        if name == "__typename":
            return literal_column(f"'{type_.name}'::text")
        definition = type_.fields[name]
        strawberry_field = definition.extensions[_BACKREF]
        spec: Spec = strawberry_field.metadata.get(KEY) or Spec()
        if spec.permission is not None and not self.viewer.may(spec.permission):
            self.findings.denied.append(Denied(path, spec.permission))
            return literal_column("null")
        target = get_named_type(definition.type)
        if isinstance(target, GraphQLObjectType):
            return self._related(type_, spec, target, nodes, row, path)
        python_name = strawberry_field.python_name
        return self._scalar(type_, spec, python_name, definition.type, row, path)

    def _related(
        self,
        type_: GraphQLObjectType,
        spec: Spec,
        target: GraphQLObjectType,
        nodes: list[FieldNode],
        row: FromClause,
        path: tuple[str, ...],
    ) -> ColumnElement[Any]:
        if spec.embedded:
            return self.object(target, nodes, row, path)
        if (by := spec.one_by) is not None:
            return self.one(target, nodes, path, lambda other: other.c.id == row.c[by])
        if (back := spec.one_back) is not None:
            return self.one(target, nodes, path, lambda other: other.c[back] == row.c.id)
        if (many := spec.many_by) is not None:
            local = row.c[spec.many_local]
            return pages.connection(self, type_, nodes, path, lambda other: other.c[many] == local)
        message = f"{type_.name}.{nodes[0].name.value} does not say what it stands on"
        raise TypeError(message)

    def _scalar(
        self,
        type_: GraphQLObjectType,
        spec: Spec,
        python_name: str,
        output: GraphQLOutputType,
        row: FromClause,
        path: tuple[str, ...],
    ) -> ColumnElement[Any]:
        if spec.expression is not None:
            found = spec.expression(row, self.viewer)
        elif python_name == "id" and type_.name in ENTITIES:
            return public(ENTITIES[type_.name].prefix, row.c.id)
        else:
            found = row.c[spec.column or python_name]
        if spec.prefix is not None:
            return public(spec.prefix, found)
        if spec.decoder is not None:
            self.findings.decoders.append((path, spec.decoder))
            return found
        if is_big(output):
            return cast(found, Text)
        return found
