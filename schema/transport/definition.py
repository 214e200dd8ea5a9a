"""``/schema.graphql``: the schema as text, for whoever may ask it about itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from schema.context import Services
from schema.documents.profile import may_introspect
from schema.transport.credentials import context_of
from schema.transport.request import headers_of
from tenants.errors import AppError


def definition(sdl: str, services: Services) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint. In production it is not there for strangers, nor for those whose token is refused."""

    async def answer(request: Request) -> Response:
        if services.library.production and not await _signed_in(services, request):
            return PlainTextResponse("Not Found", status_code=404)
        return PlainTextResponse(sdl)

    return answer


async def _signed_in(services: Services, request: Request) -> bool:
    headers = headers_of(request.scope)
    try:
        peer = request.client.host if request.client else ""
        context = await context_of(services, headers, headers.get("authorization"), peer=peer)
    except AppError:
        return False
    return may_introspect(production=True, actor=context.actor)
