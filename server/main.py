"""The web process: joins settings, pools, schema and transports. The only file of this room that imports the schema."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from schema.root import Reads, Services, atlas, document_check, endpoints
from server import logs, tables
from server.accounts.actors import Actors
from server.accounts.guesses import Guesses
from server.accounts.service.front import Accounts
from server.accounts.tokens import Tokens
from server.applications.actors import Applications
from server.applications.endpoint import application_routes
from server.applications.tokens import ApplicationTokens
from server.attachments.endpoint import file_routes
from server.audit.service.refusals import Refusals
from server.connections import Connection
from server.documents.library import Library, opened
from server.documents.service import Check
from server.files.service import files_of
from server.http import Probe, Straight, Surroundings, health_routes
from server.identity_providers.service.front import identity_providers_of
from server.intake.endpoint import intake_routes
from server.intake.service.webhooks import Inbox
from server.isolation.sites import Atlas
from server.persons.service.front import Persons
from server.phones.limits import Requests, phone_limits_of
from server.phones.senders import sends
from server.phones.service.changing import NumberChange
from server.phones.service.front import Phones
from server.phones.service.signing_in import PhoneDoor
from server.pubsub import PubSub
from server.settings import Settings, load, require
from server.throttle.attempts import Attempts, limits_of
from server.throttle.budgets import budgets_of
from server.throttle.service import Throttle
from server.transactions import Transactions
from tenants.authz import Authorizer
from tenants.keys import Keyring
from tenants.positions import Positions
from tenants.registry import Registry
from tenants.sessions import Database

MAX_FRAME = 262_144
_NEW_OBJECTS = 5_000
_TURN_SECONDS = 0.0005
_WHY = "the web process needs it"


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Services]:
    """The services of a web process, connected; closed when the block ends, each of them whatever befalls the others.

    Errors: PermissionError when the database role could step around row security.
    """
    tables.resolve()
    secret = require(settings.secret, "CIVICGRID_SECRET", _WHY).get_secret_value()
    database_url = require(settings.database_url, "DATABASE_URL", _WHY)
    redis_url = require(settings.redis_url, "REDIS_URL", _WHY)
    async with AsyncExitStack() as stack:
        database = await Database.connect(
            database_url,
            read_pool_size=settings.read_pool_size,
            write_pool_size=settings.write_pool_size,
            statement_timeout_ms=settings.statement_timeout_ms,
        )
        stack.push_async_callback(database.close)
        await database.refuse_privileged_role()
        operator = None
        if settings.operator_database_url is not None:
            operator = await Database.connect(settings.operator_database_url, read_pool_size=1, write_pool_size=2)
            stack.push_async_callback(operator.close)
            await operator.refuse_privileged_role()
        pubsub = PubSub(redis_url)
        stack.push_async_callback(pubsub.close)
        await pubsub.start()
        at_once = settings.read_pool_size + settings.write_pool_size
        throttle = Throttle(redis_url, budgets_of(settings), at_once=at_once)
        stack.push_async_callback(throttle.close)
        await throttle.start()
        library = await stack.enter_async_context(opened(settings, database))
        attempts = Attempts(redis_url)
        stack.push_async_callback(attempts.close)
        services = _services(settings, secret, database, operator, pubsub, throttle, attempts, library)
        stack.push_async_callback(services.registry.close)
        stack.push_async_callback(services.accounts.close)
        stack.push_async_callback(services.identity_providers.close)
        stack.push_async_callback(services.refusals.close)
        stack.push_async_callback(services.applications.close)
        yield services


def _services(
    settings: Settings,
    secret: str,
    database: Database,
    operator: Database | None,
    pubsub: PubSub,
    throttle: Throttle,
    attempts: Attempts,
    library: Library,
) -> Services:
    registry, keyring, transactions = Registry(database), Keyring(secret, database), Transactions(database, pubsub)
    signer = Tokens(
        secret,
        access_lifetime=timedelta(minutes=settings.access_token_minutes),
        refresh_lifetime=timedelta(days=settings.refresh_token_days),
    )
    guesses = Guesses(database, keyring, attempts, limits_of(settings))
    requests = Requests(attempts, phone_limits_of(settings), keyring)
    accounts = Accounts(
        database=database,
        registry=registry,
        signer=signer,
        actors=Actors(database, registry, Authorizer(database)),
        keyring=keyring,
        guesses=guesses,
        transactions=transactions,
    )
    return Services(
        database=database,
        registry=registry,
        reads=Reads(database),
        transactions=transactions,
        accounts=accounts,
        phones=Phones(
            PhoneDoor(database, registry, transactions, keyring, requests, guesses, signer),
            NumberChange(database, registry, transactions, keyring, requests, guesses),
            sends=sends(settings),
        ),
        persons=Persons(database, registry, transactions, keyring, guesses, signer),
        applications=Applications(
            database,
            registry,
            throttle,
            ApplicationTokens(secret, lifetime=timedelta(minutes=settings.access_token_minutes)),
        ),
        identity_providers=identity_providers_of(
            accounts, settings.identity_secrets, production=settings.environment == "production"
        ),
        keyring=keyring,
        positions=Positions(secret),
        pubsub=pubsub,
        library=library,
        throttle=throttle,
        files=files_of(settings, secret),
        refusals=Refusals(database),
        operator=operator,
    )


def application(services: Services) -> ASGIApp:
    """The ASGI application over connected services."""
    probes: dict[str, Probe] = {"database": services.database.ping, "redis": services.pubsub.ping}
    graphql, routes = endpoints(services)
    inbox = Inbox(
        database=services.database,
        registry=services.registry,
        keyring=services.keyring,
        transactions=services.transactions,
        throttle=services.throttle,
    )
    files = file_routes(services.files, services.database, services.transactions, services.registry)
    tokens = application_routes(services.applications, services.transactions)
    routes = [*routes, *intake_routes(inbox), *files, *tokens]
    return Surroundings(Straight("/graphql", graphql, Starlette(routes=[*routes, *health_routes(probes)])))


def check_of_documents() -> Check:
    """What the command line asks of documents before it registers them."""
    return document_check()


def places_with_ids() -> Atlas:
    """What ``civicgrid tenants verify-isolation`` asks."""
    return atlas()


class Web:
    """The ASGI application of a server process: connects when the server starts, closes when it stops."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or the server's own start and stop."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            async with running(self._settings) as services:
                self._app = application(services)
                _settle()
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except Exception as error:
            if self._app is None:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            raise
        await send({"type": "lifespan.shutdown.complete"})


def _settle() -> None:
    """Let nothing hold up the event loop that start-up can spare it; the figures are in docs/bench.md.

    What start-up has made lives as long as the process, so garbage is no longer looked for in it, nor after every 700
    new objects. And a thread that computes (``schema.aside``) gives way sooner than after the usual 5 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 10, 10)
    sys.setswitchinterval(_TURN_SECONDS)


def create() -> Web:
    """The application of one process of several, with settings from the environment."""
    settings = load()
    logs.configure(settings.log_level)
    return Web(settings)


def serve(settings: Settings) -> None:
    """Run the web process until it is told to stop; open requests get 10 s to end.

    A caller's address is the rightmost one in X-Forwarded-For that is no trusted proxy, of those a trusted one passed on.
    """
    uvicorn.run(
        "server.main:create",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        proxy_headers=settings.trusted_proxies is not None,
        forwarded_allow_ips=settings.trusted_proxies or "",
        http=Connection,
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME,
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        lifespan="on",
    )
