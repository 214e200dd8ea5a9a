"""Both services as one: the addresses everything else is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from server.embedded import postgres, valkey
from server.embedded.home import locked, settle, with_free_ports


@dataclass(frozen=True, slots=True)
class Services:
    """Addresses with passwords in them: ``postgresql://`` of a superuser, ``redis://``."""

    database_admin_url: str
    redis_url: str


@contextmanager
def run(
    data: Path,
    *,
    progress: Callable[[str], None],
    notice: Callable[[str], None] | None = None,
    durable: bool = True,
    database_url: str | None = None,
    redis_url: str | None = None,
) -> Iterator[Services]:
    """Run what is not given by address, in ``data``, until the block ends; then stop it and wait for it.

    One process at a time may run services in a directory. What a killed process left running there is ended first.
    ``progress`` hears what is under way; ``notice`` (or else ``progress``) what the user should still read afterwards.
    ``durable=False`` is for tests: the data do not survive a crash of the machine.
    Call it from the main thread: on Linux the servers end when the calling thread does.
    Errors: ``EmbeddedError`` (in use, or a server does not start), ``AccountError`` (root without an account for it).
    """
    if database_url and redis_url:
        yield Services(database_url, redis_url)
        return
    data, notice = data.absolute(), notice or progress
    with locked(data), ExitStack() as stack:
        home = settle(data, durable=durable, notice=notice)
        if postgres.end_leftover_server(home) | valkey.end_leftover_server(home):
            notice("ended the servers that an earlier run had left behind")
        home = replace(home, state=with_free_ports(data, home.state))
        if not database_url:
            progress("starting PostgreSQL")
            database_url = stack.enter_context(postgres.run(home, durable=durable))
        if not redis_url:
            progress("starting Valkey")
            redis_url = stack.enter_context(valkey.run(home, durable=durable))
        yield Services(database_url, redis_url)
