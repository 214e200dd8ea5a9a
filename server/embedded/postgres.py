"""One PostgreSQL 18 cluster: make it, start it, stop it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.embedded.account import give
from server.embedded.home import Home
from server.embedded.processes import end_leftover, run_once, spawn, stop, wait_ready

_SUPERUSER = "postgres"
_PID_FILE = "postmaster.pid"
# Fast shutdown: ends sessions, writes a checkpoint. (SIGTERM would wait for clients to go by themselves.)
_FAST, _AT_ONCE = signal.SIGINT, signal.SIGQUIT
_START_SECONDS = 300  # recovery after a power cut may take its time

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "jit": "off",  # short statements: compiling them costs more than it saves
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}
_DURABLE = {"shared_buffers": "512MB", "wal_compression": "on", "max_wal_size": "2GB"}
_DISPOSABLE = {
    "shared_buffers": "256MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "10min",
}


def end_leftover_server(home: Home) -> bool:
    folder = _folder(home)
    return end_leftover(folder / _PID_FILE, folder, gently=_FAST)


@contextmanager
def run(home: Home, *, durable: bool) -> Iterator[str]:
    """Yield the superuser's address of a running server; ``durable=False`` trades safety against a crash for speed."""
    folder, log = _folder(home), home.path / "postgres.log"
    if not (folder / "PG_VERSION").exists():
        _make_cluster(home, folder, durable=durable)
    port = home.state.postgres_port
    settings = _SETTINGS | (_DURABLE if durable else _DISPOSABLE) | {"port": str(port)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    program = home.postgres_programs / "postgres"
    process = spawn([program, "-D", folder, *options], account=home.account, cwd=folder, log=log, at_our_death=_FAST)
    try:
        wait_ready(process, lambda: _is_ready(folder, process.pid), name="PostgreSQL", log=log, seconds=_START_SECONDS)
        yield f"postgresql://{_SUPERUSER}:{home.state.postgres_password}@127.0.0.1:{port}/postgres"
    finally:
        stop(process, gently=_FAST, at_once=_AT_ONCE)


def _folder(home: Home) -> Path:
    return home.path / "postgres"


def _make_cluster(home: Home, folder: Path, *, durable: bool) -> None:
    """A cluster with passwords only, and the one collation that sorts the same on every machine and in every release.

    It works in a folder beside and renames it at the end: a run that was cut off leaves nothing that looks finished.
    """
    draft = home.path / "postgres.new"
    password = home.path / "password.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    give(draft, home.account)
    password.touch(mode=0o600)
    give(password, home.account)
    password.write_text(home.state.postgres_password)
    try:
        run_once(
            [
                home.postgres_programs / "initdb",
                *("-D", draft, "-U", _SUPERUSER, "--pwfile", password, "--auth=scram-sha-256"),
                *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *([] if durable else ["--no-sync"]),
            ],
            account=home.account,
            cwd=draft,
        )
    finally:
        password.unlink()
    draft.rename(folder)


def _is_ready(folder: Path, pid: int) -> bool:
    try:
        lines = (folder / _PID_FILE).read_text().split("\n")
    except FileNotFoundError:
        return False
    return lines[0] == str(pid) and any(line.strip() == "ready" for line in lines[7:])
