"""``civicgrid accounts``: invite somebody to open an account. Imports what it runs when it runs."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from server.terminal import databases

app = typer.Typer(no_args_is_help=True, help="Invitations to open accounts: how a city gets its first administrator.")


@app.command("invite")
def invite(
    tenant: Annotated[str, typer.Argument(help="The city's slug, as in `civicgrid tenants list`.")],
    *,
    member: Annotated[UUID | None, typer.Option(help="A member of the city.")] = None,
    name: Annotated[str | None, typer.Option(help="Or a new person, at home in the city's own organization.")] = None,
    role: Annotated[
        str | None, typer.Option(help="A role over the whole city, from today on, like tenant_admin.")
    ] = None,
    username: Annotated[str | None, typer.Option(help="The account's name, if it is not to be chosen.")] = None,
) -> None:
    """Print a token, once: whoever has it opens the account with acceptInvitation, within 72 hours."""
    from server.accounts.commands import Newcomer
    from server.accounts.commands import invite as run_invite

    if (member is None) == (name is None):
        raise typer.BadParameter("name a member or a new person: one of the two", param_hint="--member")

    async def run() -> str:
        async with databases.city() as database:
            return await run_invite(database, Newcomer(member, name, role, username), tenant=tenant)

    typer.echo(asyncio.run(run()))


@app.command("reset-totp")
def reset_totp(
    tenant: Annotated[str, typer.Argument(help="The city's slug, as in `civicgrid tenants list`.")],
    username: Annotated[str, typer.Argument(help="The account's user name.")],
) -> None:
    """Take the authenticator from an account whose holder has lost it and every recovery code; ends its sessions."""
    from server.accounts.commands import reset_totp as run_reset

    async def run() -> None:
        async with databases.city() as database:
            await run_reset(database, tenant=tenant, username=username)

    asyncio.run(run())
