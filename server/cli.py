"""The command line: ``civicgrid``. Exit codes: 0 done, 1 failed, 2 wrong use or wrong setting.

Each command imports what it runs when it runs: the web's imports alone take longer than most commands.
"""

from __future__ import annotations

import asyncio
import json
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated
from uuid import UUID

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from server.embedded.account import AccountError
from server.embedded.processes import EmbeddedError
from server.errors import AppError
from server.settings import Settings, SettingsError, load, require
from server.supervisor.addresses import of_running
from server.supervisor.children import ChildError
from server.terminal import accounts, audit, databases, isolation
from server.terminal.ids import id_of

_HELP = "CivicGrid: community governance for many cities. Exit codes: 0 done, 1 failed, 2 wrong use or wrong setting."

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=_HELP)
tenants_app = typer.Typer(no_args_is_help=True, help="Cities: plan and apply their manifests, list and show them.")
users_app = typer.Typer(no_args_is_help=True, help="Local accounts of a city.")
app.add_typer(tenants_app, name="tenants")
tenants_app.command("verify-isolation")(isolation.verify_isolation)
documents_app = typer.Typer(no_args_is_help=True, help="Documents that the applications of a city may send.")
app.add_typer(users_app, name="users")
app.add_typer(documents_app, name="documents")
app.add_typer(accounts.app, name="accounts")
app.add_typer(audit.app, name="audit")

ManifestFile = Annotated[Path, typer.Argument(help="A manifest (YAML).", exists=True, dir_okay=False, readable=True)]
TenantSlug = Annotated[str, typer.Argument(help="The city's slug, as in `civicgrid tenants list`.")]
Username = Annotated[str, typer.Argument(help="The account's user name.")]


def main() -> None:
    """Run a command; an expected failure is one message on standard error, never a traceback."""
    try:
        app()
    except SettingsError as error:
        _fail(str(error), code=2)
    except (AppError, AccountError, EmbeddedError, ChildError, PermissionError) as error:
        _fail(str(error), code=1)
    except (OSError, asyncpg.PostgresError) as error:
        _fail(f"cannot use the database or the network: {error}", code=1)


@app.command()
def up() -> None:
    """Run everything on this machine: services, migrations, cities, demo data, web and worker. Ctrl-C stops it."""
    settings = load()
    from server.demo import loader
    from server.onboarding import service as onboarding
    from server.supervisor import flow

    flow.up(settings, flow.Steps(onboard=onboarding.onboard_shipped, load=loader.load))


@app.command()
def serve() -> None:
    """Run the web process (GraphQL over HTTP and WebSocket)."""
    settings = _complete(load())
    from server import main as web

    web.serve(settings)


@app.command()
def worker() -> None:
    """Run the worker process (deadlines, figures, delivery)."""
    settings = _complete(load())
    from server import worker as worker_process

    worker_process.run(settings)


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision, as its owner (CIVICGRID_OWNER_DATABASE_URL)."""
    from migrations import runner

    settings = of_running(load())
    asyncio.run(runner.upgrade(require(settings.owner_database_url, "CIVICGRID_OWNER_DATABASE_URL", databases.SET_IT)))
    typer.echo(f"the database is at revision {runner.head()}")


@app.command("ask")
def ask_platform(
    tenant: TenantSlug,
    username: Username,
    document: Annotated[str, typer.Argument(help="A GraphQL document.")],
    variables: Annotated[str, typer.Option(help="Its variables, as JSON.")] = "{}",
    pick: Annotated[str | None, typer.Option(help="Print only this part, for example viewer.roles.0")] = None,
) -> None:
    """Ask the running platform as one of its demo accounts and print the answer's data."""
    from server.supervisor import asking

    try:
        given = json.loads(variables)
    except json.JSONDecodeError as error:
        raise typer.BadParameter(str(error), param_hint="--variables") from error
    data = asking.ask(load().data / "demo.json", tenant, username, document, given)
    found = data if pick is None else asking.pick(data, pick)
    typer.echo(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=2))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(version_of("civicgrid"))


@tenants_app.command("plan")
def plan_tenant(file: ManifestFile) -> None:
    """Show what applying a manifest would change; changes nothing."""
    from server.onboarding import commands

    async def run() -> None:
        async with databases.operator() as database:
            await commands.plan(database, _text(file), Console())

    asyncio.run(run())


@tenants_app.command("apply")
def apply_tenant(
    file: ManifestFile,
    *,
    open_cases_follow: Annotated[
        bool,
        typer.Option(help="Give open cases the courses as they are now; without it they keep those they began with."),
    ] = False,
) -> None:
    """Apply a manifest in one transaction; a second time it changes nothing."""
    from server.onboarding import commands

    async def run() -> None:
        async with databases.operator() as database:
            await commands.apply(database, _text(file), Console(), open_cases_follow=open_cases_follow)

    asyncio.run(run())


@tenants_app.command("list")
def list_tenants() -> None:
    """List the cities on this platform."""
    from server.onboarding import commands

    async def run() -> None:
        async with databases.operator() as database:
            await commands.list_all(database, Console())

    asyncio.run(run())


@tenants_app.command("show")
def show_tenant(slug: TenantSlug) -> None:
    """Print a city's manifest in force as YAML, ready to be edited and planned."""
    from server.onboarding import commands

    async def run() -> None:
        async with databases.city() as database:
            typer.echo(await commands.shown(database, slug), nl=False)

    asyncio.run(run())


@users_app.command("create")
def create_user(
    tenant: TenantSlug,
    username: Username,
    *,
    member: Annotated[UUID | None, typer.Option(help="The member it belongs to.")] = None,
    resident: Annotated[UUID | None, typer.Option(help="The resident it belongs to.")] = None,
    operator: Annotated[bool, typer.Option("--operator", help="An operator of the platform.")] = False,
) -> None:
    """Open an account; the password is asked for, or read as a line from standard input."""
    from server.accounts import passwords
    from server.accounts.service import opening
    from tenants.context import system_actor
    from tenants.registry import Registry

    async def run() -> UUID:
        password_hash = await passwords.hash_password(_password(), username=username)
        async with databases.city() as database:
            city = await Registry(database).by_slug(tenant)
            async with database.write(city.id) as session:
                return await opening.create_account(
                    session,
                    username=username,
                    password_hash=password_hash,
                    member_id=member,
                    resident_id=resident,
                    operator=operator,
                    actor=system_actor(city.id, name="command line"),
                )

    typer.echo(str(asyncio.run(run())))


@users_app.command("list")
def list_users(tenant: TenantSlug) -> None:
    """List the accounts of a city."""
    from server.accounts.service import opening
    from tenants.context import system_actor
    from tenants.registry import Registry

    async def run() -> None:
        async with databases.city() as database:
            city = await Registry(database).by_slug(tenant)
            async with database.write(city.id) as session:
                accounts = await opening.list_accounts(session, actor=system_actor(city.id, name="command line"))
        table = Table("username", "status", "person")
        for account in accounts:
            person = ("member", account.member_id) if account.member_id else ("resident", account.resident_id)
            table.add_row(
                account.username, account.status, "operator" if account.operator else " ".join(map(str, person))
            )
        Console().print(table)

    asyncio.run(run())


@users_app.command("appoint")
def appoint(
    tenant: TenantSlug,
    member: Annotated[UUID, typer.Argument(parser=id_of("member"), metavar="MEMBER", help="The member's id.")],
    role: Annotated[str, typer.Argument(help="Slug of a role in the city's manifest.")],
    *,
    organization: Annotated[
        UUID | None,
        typer.Option(parser=id_of("org"), metavar="ID", help="Where, for roles of scope ORGANIZATION."),
    ] = None,
) -> None:
    """Give a member a role from today on: how a city gets its first administrator and its first discipline lead."""
    from server.members.service.appointments import appoint_member
    from tenants.context import system_actor
    from tenants.registry import Registry

    async def run() -> UUID:
        async with databases.city() as database:
            registry = Registry(database)
            city = await registry.by_slug(tenant)
            manifest = await registry.manifest(city.id)
            actor = system_actor(city.id, name="command line")
            async with database.write(city.id) as session:
                return await appoint_member(
                    session, member_id=member, role=role, organization_id=organization, manifest=manifest, actor=actor
                )

    typer.echo(str(asyncio.run(run())))


@users_app.command("set-password")
def set_password(tenant: TenantSlug, username: Username) -> None:
    """Give an account another password and end its sessions; asked for, or read as a line from standard input."""
    from server.accounts import passwords
    from server.accounts.service import opening
    from tenants.context import system_actor
    from tenants.registry import Registry

    async def run() -> None:
        password_hash = await passwords.hash_password(_password(), username=username)
        async with databases.city() as database:
            city = await Registry(database).by_slug(tenant)
            actor = system_actor(city.id, name="command line")
            async with database.write(city.id) as session:
                await opening.set_password(session, username=username, password_hash=password_hash, actor=actor)

    asyncio.run(run())


@documents_app.command("register")
def register_documents(
    file: Annotated[
        Path, typer.Argument(help="Apollo's, Relay's or GraphQL Code Generator's list (JSON).", exists=True)
    ],
    *,
    tenant: Annotated[str, typer.Option(help="The city's slug.")],
    client: Annotated[str, typer.Option(help="The application's code, as in the city's manifest.")],
) -> None:
    """Let an application send the documents of a file; documents registered before stay."""
    from server import main as web
    from server.documents import commands

    async def run() -> None:
        async with databases.operator() as database:
            await commands.register(
                database,
                file.read_bytes(),
                tenant=tenant,
                client=client,
                check=web.check_of_documents(),
                console=Console(),
            )

    asyncio.run(run())


@documents_app.command("remove")
def remove_documents(
    ids: Annotated[list[str], typer.Argument(help="Ids (SHA-256), as in `civicgrid documents list`.")],
    *,
    tenant: Annotated[str, typer.Option(help="The city's slug.")],
    client: Annotated[str, typer.Option(help="The application's code.")],
) -> None:
    """Let an application send these documents no longer; within a second they are refused everywhere."""
    from server.documents import commands

    async def run() -> None:
        async with databases.operator() as database:
            await commands.remove(database, ids, tenant=tenant, client=client, console=Console(soft_wrap=True))

    asyncio.run(run())


@documents_app.command("list")
def list_documents(
    *,
    tenant: Annotated[str, typer.Option(help="The city's slug.")],
    client: Annotated[str | None, typer.Option(help="One application only.")] = None,
) -> None:
    """List the documents registered in a city."""
    from server.documents import commands

    async def run() -> None:
        async with databases.operator() as database:
            await commands.list_all(database, tenant=tenant, client=client, console=Console(soft_wrap=True))

    asyncio.run(run())


def _complete(settings: Settings) -> Settings:
    """Settings that a web or worker process can start with. Errors: ``SettingsError``."""
    why = "the web and worker processes need it (`civicgrid up` runs without)"
    for variable, value in (
        ("CIVICGRID_SECRET", settings.secret),
        ("DATABASE_URL", settings.database_url),
        ("CIVICGRID_OPERATOR_DATABASE_URL", settings.operator_database_url),
        ("REDIS_URL", settings.redis_url),
    ):
        require(value, variable, why)
    return settings


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer


def _text(file: Path) -> str:
    """The file's text; what is no UTF-8 becomes a character that no manifest takes."""
    return file.read_text(encoding="utf-8", errors="replace")


def _fail(message: str, *, code: int) -> None:
    typer.echo(f"civicgrid: {message}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
