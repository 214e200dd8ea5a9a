"""``civicgrid tenants verify-isolation``. Imports what it runs when it runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from server.settings import load, require
from server.supervisor.addresses import of_running
from server.terminal import databases


def verify_isolation(
    *,
    url: Annotated[str | None, typer.Option(help="Of the web process; where this machine's own would be.")] = None,
    few: Annotated[
        int | None, typer.Option(help="Ask so many people at each place instead of everybody.", min=1)
    ] = None,
    report: Annotated[Path | None, typer.Option(help="A file to write the report to, as JSON.", dir_okay=False)] = None,
) -> None:
    """Ask for another city's things in every way the API has, between two canary cities; exit code 1 when one shows."""
    from server import main as web
    from server.isolation import commands

    settings = of_running(load())
    secret = require(settings.secret, "CIVICGRID_SECRET", databases.SET_IT).get_secret_value()
    address = (url or f"http://{settings.host}:{settings.port}").rstrip("/")

    async def run() -> Mapping[str, Any]:
        async with databases.operator(places=2) as operator, databases.city(places=3) as database:
            atlas = web.places_with_ids()
            return await commands.verify(
                operator, database, atlas, url=address, secret=secret, few=few, progress=typer.echo
            )

    told = asyncio.run(run())
    if report is not None:
        report.write_text(json.dumps(told, ensure_ascii=False, indent=2), encoding="utf-8")
    if told["findings"]:
        raise typer.Exit(1)
