"""Joins the areas into one schema, and the schema with its transports."""

from __future__ import annotations

from functools import cache

import strawberry
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types import ExecutionContext

from schema.accounts.mutations import AccountMutations
from schema.accounts.queries import AccountQueries
from schema.cases.queries import CaseQueries
from schema.cases.subscriptions import CaseSubscriptions
from schema.context import Services
from schema.limits import Documents
from schema.planner.nodes import NodeQueries
from schema.planner.reads import Reads
from schema.planner.splice import SplicingExecutor
from schema.transport.http import HttpEndpoint
from schema.transport.websocket import SocketEndpoint

__all__ = ["Reads", "Services", "endpoints", "schema"]

Query = merge_types("Query", (AccountQueries, CaseQueries, NodeQueries))
Mutation = merge_types("Mutation", (AccountMutations,))
Subscription = merge_types("Subscription", (CaseSubscriptions,))


class _Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing: ``schema.errors`` has logged what is a bug, and the rest is the client's own affair."""


@cache
def schema() -> strawberry.Schema:
    """The schema of the whole API."""
    return _Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        execution_context_class=SplicingExecutor,
        config=StrawberryConfig(disable_field_suggestions=True),
        extensions=[Documents],
    )


def endpoints(services: Services) -> list[BaseRoute]:
    """What the web process serves of the API: /graphql over HTTP and WebSocket, and the SDL."""
    built = schema()
    http = HttpEndpoint(built, services)
    sdl = built.as_str()

    async def graphql(request: Request) -> Response:
        return await http(request)

    async def definition(_request: Request) -> Response:
        return PlainTextResponse(sdl)

    return [
        Route("/graphql", graphql, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        WebSocketRoute("/graphql", SocketEndpoint(built, services)),
        Route("/schema.graphql", definition, methods=["GET"]),
    ]
