"""Root fields that anybody may read: of the city they name, with no more rights than a stranger, whoever asks.

The budget is the asker's, as of every operation: without sign-in, the address's.
"""

# No "from __future__ import annotations" here: signatures are built at run time and Strawberry reads them.

import inspect
from typing import Annotated, Any

import strawberry
from graphql import FieldNode, GraphQLObjectType
from sqlalchemy import true
from strawberry.types import Info

from schema.context import Context
from schema.planner import pages
from schema.planner.arguments import Leaf, arguments
from schema.planner.compile import Compiler
from schema.planner.fields import page_signature
from schema.planner.objects import named_object
from tenants.context import Actor, anonymous_actor

_TENANT = strawberry.argument(description="Slug of the city.")
_ID = strawberry.argument(description="The object's opaque id.")


def public_connection(description: str, returns: Any, *, filter: Any, order: Any) -> Any:  # noqa: A002 - GraphQL's own word
    """A connection to every row of a city that anybody may see; null for a slug of no city."""

    def build(compiler: Compiler, parent: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...]) -> Any:
        return pages.connection(compiler, parent, nodes, path, lambda _row: true())

    async def resolve(info: Info[Context, None], tenant: str, **_given: Any) -> Any:
        stranger = await _stranger(info.context, tenant)
        return None if stranger is None else await info.context.services.reads.run(info, build, stranger=stranger)

    signature, annotations = page_signature(returns | None, filter, order)
    where, *rest = signature.parameters.values()
    city = Annotated[str, _TENANT]
    named = inspect.Parameter("tenant", inspect.Parameter.KEYWORD_ONLY, annotation=city)
    resolve.__signature__ = signature.replace(parameters=[where, named, *rest])  # type: ignore[attr-defined]  # the signature clients see
    resolve.__annotations__ = {**annotations, "tenant": city}
    return strawberry.field(resolver=resolve, description=description)


def public_by_id(description: str, returns: Any, *, prefix: str) -> Any:
    """The row of a city with the given public id, or null."""

    def build(compiler: Compiler, parent: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...]) -> Any:
        leaf = arguments(nodes[0], parent, compiler.variables)["id"]
        if not isinstance(leaf, Leaf):
            raise TypeError
        id_ = compiler.parameters.leaf(leaf, prefix=prefix)
        type_ = named_object(parent.fields[nodes[0].name.value].type)
        return compiler.one(type_, nodes, path, lambda row: row.c.id == id_)

    async def resolve(info: Info[Context, None], tenant: str, id: strawberry.ID) -> Any:  # noqa: A002, ARG001 - read from the AST
        stranger = await _stranger(info.context, tenant)
        return None if stranger is None else await info.context.services.reads.run(info, build, stranger=stranger)

    resolve.__annotations__ = {
        "info": Info[Context, None],
        "tenant": Annotated[str, _TENANT],
        "id": Annotated[strawberry.ID, _ID],
        "return": returns | None,
    }
    return strawberry.field(resolver=resolve, description=description)


async def _stranger(context: Context, slug: str) -> Actor | None:
    """Nobody in particular in the city of that name; None where there is no such city, or it rests."""
    found = await context.services.registry.in_service(slug)
    return None if found is None else anonymous_actor(found.id, request_id=context.request_id)
