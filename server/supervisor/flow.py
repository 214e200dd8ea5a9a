"""``civicgrid up``: services, roles, migrations, cities, data, web and worker, in this order, in the foreground."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from migrations import roles, runner
from server.embedded import services
from server.settings import Settings, SettingsError
from server.supervisor import children
from server.supervisor.addresses import connected, environment_of, published, secret_of
from server.supervisor.children import Child
from server.supervisor.screen import DemoAccount, Screen

_DATABASE = "civicgrid"
_ANSWER_SECONDS = 5
_CIVICGRID = (sys.executable, "-m", "server.cli")
# Stopped in reverse: the web first, so that nothing new comes in while the worker finishes.
CHILDREN = (Child("worker", (*_CIVICGRID, "worker")), Child("web", (*_CIVICGRID, "serve")))

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps that belong to other parts of the server; each is safe to repeat and quick when there is nothing to do.

    onboard: bring the shipped cities on board. load: load the demo data of ``settings.scale`` and return its accounts.
    """

    onboard: Callable[[Settings, Progress], Awaitable[None]]
    load: Callable[[Settings, Progress], Awaitable[Sequence[DemoAccount]]]


def up(settings: Settings, steps: Steps, *, processes: Sequence[Child] = CHILDREN) -> None:
    """Run the platform until SIGINT or SIGTERM, then stop it in order and return.

    Errors: ``SettingsError`` (port taken), ``EmbeddedError``, ``AccountError``, ``ChildError``, or what a step raises.
    """
    settings = settings.model_copy(update={"data": settings.data.absolute()})
    _refuse_taken_port(settings)
    screen = Screen()
    # SIGINT too: a shell that starts us in the background has us inherit "ignore".
    previous = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with ExitStack() as stack:
            with screen.step("PostgreSQL and Valkey") as detail:
                running = stack.enter_context(
                    services.run(
                        settings.data,
                        progress=detail,
                        notice=screen.say,
                        database_url=settings.database_url,
                        redis_url=settings.redis_url,
                    )
                )
            asyncio.run(_platform(settings, running, steps, processes, screen))
    except (KeyboardInterrupt, asyncio.CancelledError):
        screen.say("stopped; the data are kept")
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


async def _platform(
    settings: Settings,
    running: services.Services,
    steps: Steps,
    processes: Sequence[Child],
    screen: Screen,
) -> None:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("must run in a task")
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    settings = await _prepared(settings, running, screen)
    with published(settings):
        with screen.step("Cities") as detail:
            await steps.onboard(settings, detail)
        with screen.step("Data") as detail:
            accounts = await steps.load(settings, detail)
        url = _url(settings)
        demo = settings.data / "demo.json"
        _write_demo(demo, url, accounts)
        logs = settings.data / "logs"
        await children.run(
            processes,
            environment=environment_of(settings),
            logs=logs,
            ready=lambda: _is_ready(settings),
            when_ready=lambda: screen.welcome(url, accounts, accounts_file=_near(demo), logs=_near(logs)),
            say=screen.say,
        )


async def _prepared(settings: Settings, running: services.Services, screen: Screen) -> Settings:
    """Roles and tables; returns the settings with every address."""
    secret = secret_of(settings)
    # The embedded server's login opens the maintenance database; a given DATABASE_URL names the one to use.
    database = None if settings.database_url else _DATABASE
    with screen.step("Database roles and migrations"):
        urls = await roles.prepare(running.database_admin_url, secret=secret.get_secret_value(), database=database)
        await runner.upgrade(urls.owner)
    return connected(settings, urls, running.redis_url, secret)


def _write_demo(file: Path, url: str, accounts: Sequence[DemoAccount]) -> None:
    rows = [
        {"tenant": row.tenant, "role": row.role, "username": row.username, "password": row.password} for row in accounts
    ]
    file.touch(mode=0o600)
    file.write_text(json.dumps({"url": url, "accounts": rows}, indent=2, ensure_ascii=False) + "\n")


async def _is_ready(settings: Settings) -> bool:
    """Whether /readyz answers 200 within a few seconds."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(_reachable(settings.host), settings.port)
            try:
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: civicgrid\r\nConnection: close\r\n\r\n")
                status = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return status.split()[1:2] == [b"200"]


def _refuse_taken_port(settings: Settings) -> None:
    """Errors: ``SettingsError`` in the first second rather than after the data were loaded."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SettingsError(
                "CIVICGRID_PORT={port}: cannot listen on {host}:{port} ({reason}); set CIVICGRID_PORT to a free port",
                port=settings.port,
                host=settings.host,
                reason=error.strerror,
            ) from error


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _url(settings: Settings) -> str:
    host = _reachable(settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _near(path: Path) -> str:
    """The path as seen from here, when it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
