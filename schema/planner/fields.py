"""Fields that read: connections at the root and within types, objects by id, and objects behind a mutation's payload."""

# No "from __future__ import annotations" here: signatures are built at run time and Strawberry reads them.

import inspect
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import strawberry
from graphql import FieldNode, GraphQLObjectType
from sqlalchemy import ColumnElement, Uuid, true
from sqlalchemy.sql.selectable import FromClause
from strawberry.types import Info

from schema.context import Context
from schema.planner import pages
from schema.planner.arguments import Leaf, arguments
from schema.planner.compile import Compiler
from schema.planner.declare import BUILD, KEY, Relation, Spec
from schema.planner.objects import named_object
from schema.planner.reads import Build
from tenants.permissions import Permission

Condition = Callable[[FromClause], ColumnElement[bool]]
_FIRST = strawberry.argument(
    description="How many items from the front, 1 to 100; 20 if neither first nor last is given."
)
_AFTER = strawberry.argument(description="Only what follows this cursor: a previous page's endCursor.")
_LAST = strawberry.argument(
    description="How many items from the back, 1 to 100, told in the same order; not with first."
)
_BEFORE = strawberry.argument(description="Only what precedes this cursor: a later page's startCursor.")
_FILTER = strawberry.argument(description="Which items; all conditions given must hold.")
_ID = strawberry.argument(description="The object's opaque id.")
_ORDER = strawberry.argument(description="In which order.")


def page_signature(returns: Any, filter: Any, order: Any) -> tuple[inspect.Signature, dict[str, Any]]:  # noqa: A002
    """What a connection field takes and gives, as Strawberry reads it."""
    annotations: dict[str, Any] = {
        "first": Annotated[int | None, _FIRST],
        "after": Annotated[str | None, _AFTER],
        "last": Annotated[int | None, _LAST],
        "before": Annotated[str | None, _BEFORE],
    }
    defaults: dict[str, Any] = dict.fromkeys(annotations)
    if filter is not None:
        annotations["filter"] = Annotated[filter | None, _FILTER]
        defaults["filter"] = None
    if order is not None:
        annotations["order_by"] = Annotated[order, _ORDER]
        defaults["order_by"] = next(iter(order))
    parameters = [
        inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info[Context, None]),
        *(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=annotation)
            for name, annotation in annotations.items()
        ),
    ]
    given = {} if returns is None else {"return": returns}
    signature = inspect.Signature(parameters, return_annotation=returns or inspect.Signature.empty)
    return signature, {"info": Info[Context, None], **annotations, **given}


def _resolver(signature: tuple[inspect.Signature, dict[str, Any]], build: Build | None) -> Callable[..., Any]:
    async def resolve(info: Info[Context, None], **_given: Any) -> Any:
        if build is None:
            message = "a field within a planned type is read by the planner, never resolved"
            raise RuntimeError(message)
        return await info.context.services.reads.run(info, build)

    resolve.__signature__ = signature[0]  # type: ignore[attr-defined]  # the signature clients see
    resolve.__annotations__ = signature[1]
    return resolve


def to_many(
    description: str,
    *,
    by: str | Relation,
    local: str = "id",
    filter: Any = None,  # noqa: A002 - GraphQL's own word; an input type
    order: Any = None,
    permission: Permission | None = None,
) -> Any:
    """A connection to the rows whose column ``by`` names this row (its ``local`` column), or that ``by`` relates to it."""
    spec = Spec(many_by=by, many_local=local, permission=permission)
    resolver = _resolver(page_signature(None, filter, order), None)
    return strawberry.field(resolver=resolver, description=description, metadata={KEY: spec})


def root_connection(
    description: str,
    returns: Any,
    *,
    filter: Any = None,  # noqa: A002 - GraphQL's own word; an input type
    order: Any = None,
) -> Any:
    """A connection to every row the viewer may see."""

    def build(compiler: Compiler, parent: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...]) -> Any:
        return pages.connection(compiler, parent, nodes, path, lambda _row: true())

    resolver = _resolver(page_signature(returns, filter, order), build)
    return strawberry.field(resolver=resolver, description=description, metadata={BUILD: build})


def root_one(
    description: str,
    returns: Any,
    condition: Callable[[FromClause, Compiler], ColumnElement[bool]],
) -> Any:
    """The one row that the condition names, or null."""

    def build(compiler: Compiler, parent: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...]) -> Any:
        type_ = named_object(parent.fields[nodes[0].name.value].type)
        return compiler.one(type_, nodes, path, lambda row: condition(row, compiler))

    async def resolve(info: Info[Context, None]) -> Any:
        return await info.context.services.reads.run(info, build)

    resolve.__annotations__ = {"info": Info[Context, None], "return": returns | None}
    return strawberry.field(resolver=resolve, description=description, metadata={BUILD: build})


def root_by_id(description: str, returns: Any, *, prefix: str) -> Any:
    """The row with the given public id, or null when there is none this viewer may see."""

    def build(compiler: Compiler, parent: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...]) -> Any:
        leaf = arguments(nodes[0], parent, compiler.variables)["id"]
        if not isinstance(leaf, Leaf):
            raise TypeError
        id_ = compiler.parameters.leaf(leaf, prefix=prefix)
        type_ = named_object(parent.fields[nodes[0].name.value].type)
        return compiler.one(type_, nodes, path, lambda row: row.c.id == id_)

    async def resolve(info: Info[Context, None], id: strawberry.ID) -> Any:  # noqa: A002, ARG001 - read from the AST
        return await info.context.services.reads.run(info, build)

    argument = Annotated[strawberry.ID, _ID]
    resolve.__annotations__ = {"info": Info[Context, None], "id": argument, "return": returns | None}
    return strawberry.field(resolver=resolve, description=description, metadata={BUILD: build})


def loaded(description: str, returns: Any, *, by: str) -> Any:
    """An object behind a payload: read by the planner, for this viewer, by the id in the payload's attribute ``by``."""

    def build(compiler: Compiler, parent: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...]) -> Any:
        id_ = compiler.parameters.own(by, Uuid())
        type_ = named_object(parent.fields[nodes[0].name.value].type)
        return compiler.one(type_, nodes, path, lambda row: row.c.id == id_)

    async def resolve(self: Any, info: Info[Context, None]) -> Any:
        id_: UUID | None = getattr(self, by)
        if id_ is None:
            return None
        return await info.context.services.reads.run(info, build, own={by: id_})

    resolve.__annotations__ = {"info": Info[Context, None], "return": returns | None}
    return strawberry.field(resolver=resolve, description=description)
