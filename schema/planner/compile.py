"""From a selection to SQL: one JSON object per row, related objects as correlated subqueries.

Every subquery names the tenant for its own table (citus.md rule 5) and carries the visibility predicate of its type.
A to-one relation is a scalar subquery on a primary key, a to-many relation a page of its own (``pages``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)
from sqlalchemy import ColumnElement, Text, and_, cast, func, literal_column, select
from sqlalchemy.sql.selectable import FromClause

from schema.planner import pages
from schema.planner.arguments import Variables
from schema.planner.binding import Parameters
from schema.planner.declare import ENTITIES, KEY, Decoder, Entity, Expression, Spec
from schema.planner.made import cut, join_of, shape_of
from schema.planner.objects import build_object, is_big, named_object, public
from schema.planner.selection import Selector
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer

# Keys of our own within answers that are finished in Python (``finish``). Random, so that no stored JSON can hold one.
OBSERVED = f"__observed_{token_hex(8)}"
MARK = f"__mark_{token_hex(8)}"
JOINED = f"__joined_{token_hex(8)}."
_BACKREF = "strawberry-definition"
Condition = Callable[[FromClause], ColumnElement[bool]]


@dataclass(slots=True)
class Findings:
    """What a compiled read needs done after it ran; its answer carries marks where (``finish``).

    denied: selected fields the viewer's roles do not include. decoders: by their number in the marks. joined: rows stand
    beside objects that are made, to be put into them.
    """

    denied: bool = False
    joined: bool = False
    observed: bool = False
    decoders: list[Decoder] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        """Whether the answer of the database is the answer to the client."""
        return not (self.denied or self.observed or self.decoders)


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
        self._aliases = 0

    def alias(self, entity: Entity) -> FromClause:
        """A new name for the entity's table within the statement."""
        return rows_of(entity.table, self.name("t"))

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
            pairs.extend(self._joined(type_, key, found, row, (*path, key)))
        self.rows.pop()
        entity = ENTITIES.get(type_.name)
        if entity is not None and entity.observed:
            self.findings.observed = True
            pairs.append((OBSERVED, func.json_build_array(entity.observed, row.c[entity.observed_by], row.c.id)))
        return build_object(pairs)

    def denied(self, permission: Permission) -> ColumnElement[Any]:
        """Stands for a field the viewer's roles do not include: null, and an error that says so."""
        self.findings.denied = True
        return func.json_build_object(MARK, literal_column(f"'{permission.value}'", Text()))

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
            return self.denied(spec.permission)
        target = get_named_type(definition.type)
        if isinstance(target, GraphQLUnionType) and spec.any_by is not None:
            return self._any(spec.any_by, nodes, row, path)
        if isinstance(target, GraphQLObjectType) and spec.decoder is not None and spec.expression is not None:
            made = cut(spec.decoder, shape_of(self.selector, target, nodes))
            return self._decoded(made, spec.expression(row, self.viewer))
        if isinstance(target, GraphQLObjectType):
            return self._related(type_, spec, target, nodes, row, path)
        python_name = strawberry_field.python_name
        return self._scalar(type_, spec, python_name, definition.type, row)

    def _joined(
        self,
        type_: GraphQLObjectType,
        key: str,
        nodes: list[FieldNode],
        row: FromClause,
        path: tuple[str, ...],
    ) -> Iterator[tuple[str, ColumnElement[Any]]]:
        """Beside a field that is made, the rows joined to it: [public id, object] each, guarded as everywhere."""
        definition = type_.fields.get(nodes[0].name.value)
        target = None if definition is None else get_named_type(definition.type)
        spec = None if definition is None else definition.extensions[_BACKREF].metadata.get(KEY)
        if not isinstance(target, GraphQLObjectType) or spec is None or spec.decoder is None:
            return
        for inner_key, inner in self.selector.of(nodes, target).items():
            name = inner[0].name.value
            if (join := join_of(target, name)) is None:
                continue
            self.findings.joined = True
            other_type = named_object(target.fields[name].type)
            entity = ENTITIES[other_type.name]
            other = self.alias(entity)
            json = self.object(other_type, inner, other, (*path, inner_key))
            line = func.json_build_array(public(entity.prefix, other.c.id), json)
            rows = select(func.json_agg(line)).where(self.guarded(entity, other), join.among(other, row))
            yield f"{JOINED}{key}.{inner_key}", rows.scalar_subquery()

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
        if isinstance(many := spec.many_by, str):
            local = row.c[spec.many_local]
            return pages.connection(self, type_, nodes, path, lambda other: other.c[many] == local)
        if many is not None:
            return pages.connection(self, type_, nodes, path, lambda other: many(other, row))
        message = f"{type_.name}.{nodes[0].name.value} does not say what it stands on"
        raise TypeError(message)

    def _any(
        self,
        by: Mapping[str, str | Expression],
        nodes: list[FieldNode],
        row: FromClause,
        path: tuple[str, ...],
    ) -> ColumnElement[Any]:
        """The one object, of whichever type, that the row refers to; each type is guarded as everywhere."""
        found: list[ColumnElement[Any]] = []
        for name, stands_on in by.items():
            id_ = row.c[stands_on] if isinstance(stands_on, str) else stands_on(row, self.viewer)
            found.append(self.one(self._concrete(name), nodes, path, _has_id(id_)))
        return func.coalesce(*found)

    def _concrete(self, name: str) -> GraphQLObjectType:
        return named_object(self.schema.type_map[name])

    def _scalar(
        self,
        type_: GraphQLObjectType,
        spec: Spec,
        python_name: str,
        output: GraphQLOutputType,
        row: FromClause,
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
            return self._decoded(spec.decoder, found)
        if is_big(output):
            return cast(found, Text)
        return found

    def _decoded(self, decoder: Decoder, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Marks a value that the decoder turns into the answer's."""
        self.findings.decoders.append(decoder)
        number: ColumnElement[int] = literal_column(str(len(self.findings.decoders) - 1))
        return func.json_build_object(MARK, func.json_build_array(number, value))


def _has_id(id_: ColumnElement[Any]) -> Condition:
    return lambda other: other.c.id == id_
