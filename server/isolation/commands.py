"""``civicgrid tenants verify-isolation``: the walk against a running installation, between two canary cities."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from server.audit.service.refusals import WINDOW_SECONDS
from server.isolation.answers import Answer, Ask
from server.isolation.canaries import settle
from server.isolation.people import WalkFailed, everybody
from server.isolation.plantings import plant, plantings
from server.isolation.sites import Atlas
from server.isolation.walk import Ground, as_json, walk
from tenants.sessions import Database

_SECONDS = 60
# What planting was refused is counted for so long, and then written down: that would look like somebody's doing.
_QUIET_AFTER = WINDOW_SECONDS + 5


async def verify(
    operator: Database,
    database: Database,
    atlas: Atlas,
    *,
    url: str,
    secret: str,
    few: int | None,
    progress: Callable[[str], None],
) -> Mapping[str, Any]:
    """Make the canaries and walk; the report, whose ``findings`` are empty when all is well. url: of the web process.

    operator, database: of these roles, in the database behind the installation. Errors: WalkFailed.
    """
    ask = asking(url)
    progress("canary cities")
    mine, theirs = await settle(operator, database, secret)
    walkers = {city.id: await everybody(ask, database, atlas.tables, city, secret) for city in (mine, theirs)}
    for found in walkers.values():
        await plant(found, plantings())
    progress("waiting until the trail is quiet")
    await asyncio.sleep(_QUIET_AFTER)
    ground = Ground(database, mine.id, theirs.id, tuple(walkers[mine.id].values()), few, worked=True)
    report = await walk(atlas, ground, progress)
    for found_one in report.findings:
        progress(f"FOUND {found_one.site} as {found_one.username}: {found_one.what} {' | '.join(found_one.said)}")
    progress(f"{report.sites} places, {report.asked} questions, {len(report.findings)} differences")
    return as_json(report, atlas)


def asking(url: str) -> Ask:
    """Asks an installation over HTTP. Errors of a question: WalkFailed when nobody answers."""

    def post(token: str | None, document: str, variables: Mapping[str, Any]) -> Answer:
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        body = orjson.dumps({"query": document, "variables": dict(variables)})
        request = urllib.request.Request(f"{url}/graphql", body, headers)  # noqa: S310 - the operator's own address
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310 - as above
                return Answer(response.status, response.read(), _lower(response.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), _lower(error.headers))
        except OSError as error:
            raise WalkFailed("nobody answers at {url}: {reason}", url=url, reason=error) from error

    async def ask(token: str | None, document: str, variables: Mapping[str, Any]) -> Answer:
        return await asyncio.to_thread(post, token, document, variables)

    return ask


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
