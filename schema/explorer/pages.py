"""``/graphiql``: a page to try queries on, in development only.

Its programs are vendored (``static/VENDORED.md``) and the page may load and call nothing but this server: a token pasted
there stays there.
"""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).with_name("static")

# Content Security Policy 3. GraphiQL's style sheet carries its fonts within itself, as data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"content-security-policy": _POLICY, "cache-control": "no-cache"}


async def _page(_request: Request) -> Response:
    return FileResponse(STATIC / "index.html", headers=_HEADERS)


def explorer_routes() -> list[BaseRoute]:
    """The page and its files."""
    return [Route("/graphiql", _page, methods=["GET"]), Mount("/graphiql/static", StaticFiles(directory=STATIC))]
