"""``civicgrid audit``: verify a city's audit trail, keep its heads, know the key. Imports what it runs when it runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from server.settings import load
from server.supervisor.addresses import of_running
from server.terminal import databases

app = typer.Typer(no_args_is_help=True, help="The audit trail of a city: verify it, keep its signed heads.")
Tenant = Annotated[str, typer.Option(help="The city's slug, as in `civicgrid tenants list`.")]


@app.command("verify")
def verify(
    *,
    tenant: Tenant,
    head: Annotated[
        list[Path] | None,
        typer.Option(help="A head that was kept, once or several times.", exists=True, dir_okay=False, readable=True),
    ] = None,
) -> None:
    """Compute the chain of a city anew; exit code 1 and the first bad entry when it is not as it was written."""
    from server.audit import commands
    from server.audit.keys import keys_of

    async def run() -> bool:
        kept = [file.read_bytes() for file in head or ()]
        async with databases.city() as database:
            console = Console(soft_wrap=True)
            keys = keys_of(of_running(load()))
            return await commands.run_verify(database, keys, tenant=tenant, kept=kept, console=console)

    if not asyncio.run(run()):
        raise typer.Exit(1)


@app.command("export-head")
def export_head(*, tenant: Tenant) -> None:
    """Seal and sign what is there now, and print the head as JSON: keep it where the database's owner cannot change it."""
    from server.audit import commands
    from server.audit.keys import keys_of

    async def run() -> str:
        async with databases.city() as database:
            return await commands.run_export(database, keys_of(of_running(load())), tenant=tenant)

    typer.echo(asyncio.run(run()))


@app.command("key")
def key() -> None:
    """Print the name and the public half of the key that signs heads now."""
    from server.audit import commands
    from server.audit.keys import keys_of

    typer.echo(commands.key_of(keys_of(of_running(load()))))
