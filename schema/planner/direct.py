"""The short way of a query whose root fields are all planned reads: one statement each, bytes joined, no executor.

Most requests are such queries; for them graphql-core's executor would only carry finished JSON from the resolver to the
response. Which way an operation goes depends on its document alone, so nothing ever runs twice; what fails here fails
with the same error, path and null as it would there (GraphQL, 6.4.4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    is_non_null_type,
    located_error,
)

from schema.context import Context
from schema.errors import present
from schema.planner.declare import BUILD
from schema.planner.reads import Build, Wanted
from schema.planner.selection import Selector

if TYPE_CHECKING:
    from schema.documents.memory import Checked

_BACKREF = "strawberry-definition"
_NULL = b"null"


@dataclass(frozen=True, slots=True)
class Root:
    """One root field. build: None for ``__typename``."""

    key: str
    nodes: list[FieldNode]
    build: Build | None
    nullable: bool


@dataclass(frozen=True, slots=True)
class Direct:
    """What a query answers. data: each root field's JSON by response key, None when a non-null one failed."""

    data: dict[str, bytes] | None
    errors: list[GraphQLError]


def roots(
    schema: GraphQLSchema, checked: Checked, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> list[Root] | None:
    """The root fields of a query that can go the short way, in order; None for any other operation.

    Errors: BAD_USER_INPUT for a directive whose condition is null.
    """
    query = schema.query_type
    if query is None or operation.operation is not OperationType.QUERY:
        return None
    found: list[Root] = []
    selector = Selector(schema, checked.fragments, variables)
    for key, nodes in selector.root(operation, query).items():
        root = _root(query, key, nodes)
        if root is None:
            return None
        found.append(root)
    return found


async def answer(context: Context, shared: Wanted, fields: list[Root]) -> Direct:
    """Run the reads side by side. ``shared``: what they have in common; its nodes and path are not looked at."""
    results = (
        [await _field(context, shared, fields[0])]
        if len(fields) == 1
        else await asyncio.gather(*(_field(context, shared, field) for field in fields))
    )
    errors = [error for _text, found in results for error in found]
    if any(text is None and not field.nullable for field, (text, _errors) in zip(fields, results, strict=True)):
        return Direct(None, errors)
    return Direct({field.key: text or _NULL for field, (text, _) in zip(fields, results, strict=True)}, errors)


async def _field(context: Context, shared: Wanted, field: Root) -> tuple[bytes | None, list[GraphQLError]]:
    if field.build is None:
        return orjson.dumps(shared.parent.name), []
    reads = context.services.reads
    wanted = shared.at(field.nodes, field.key)
    try:
        return await reads.answer(context, await reads.prepare(context, wanted, field.build))
    except Exception as error:  # noqa: BLE001 - presented: a code for what is expected, masked and logged for the rest
        return None, [located_error(present(error, context), field.nodes, [field.key])]


def _root(query: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Root | None:
    name = nodes[0].name.value
    if name == "__typename":
        return Root(key, nodes, None, nullable=False)
    definition = query.fields.get(name)
    build = definition and definition.extensions[_BACKREF].metadata.get(BUILD)
    if definition is None or build is None:
        return None
    return Root(key, nodes, build, nullable=not is_non_null_type(definition.type))
