"""One Valkey 8 server: configure it, start it, stop it."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.embedded.account import give
from server.embedded.home import Home
from server.embedded.processes import end_leftover, spawn, stop, wait_ready

_PID_FILE = "valkey.pid"
_GENTLY, _AT_ONCE = signal.SIGTERM, signal.SIGKILL
_START_SECONDS = 60


def end_leftover_server(home: Home) -> bool:
    folder = _folder(home)
    return end_leftover(folder / _PID_FILE, folder, gently=_GENTLY)


@contextmanager
def run(home: Home, *, durable: bool) -> Iterator[str]:
    """Yield the address of a running server; with ``durable`` it loses at most the last second in a crash."""
    folder, log, port = _folder(home), home.path / "valkey.log", home.state.valkey_port
    folder.mkdir(exist_ok=True)
    give(folder, home.account)
    configuration = folder / "valkey.conf"
    configuration.touch(mode=0o600)  # it holds the password, which must not show in the list of processes
    configuration.write_text(_configuration(home, folder, durable=durable))
    give(configuration, home.account)
    process = spawn(
        [home.valkey_program, configuration], account=home.account, cwd=folder, log=log, at_our_death=_GENTLY
    )
    password = home.state.valkey_password
    try:
        wait_ready(process, lambda: _answers(port, password), name="Valkey", log=log, seconds=_START_SECONDS)
        yield f"redis://:{password}@127.0.0.1:{port}/0"
    finally:
        stop(process, gently=_GENTLY, at_once=_AT_ONCE)


def _folder(home: Home) -> Path:
    return home.path / "valkey"


def _configuration(home: Home, folder: Path, *, durable: bool) -> str:
    lines = [
        "bind 127.0.0.1",
        f"port {home.state.valkey_port}",
        f"requirepass {home.state.valkey_password}",
        f"dir {json.dumps(str(folder), ensure_ascii=False)}",
        f"pidfile {json.dumps(str(folder / _PID_FILE), ensure_ascii=False)}",
        "daemonize no",
        'save ""',
        f"appendonly {'yes' if durable else 'no'}",
        "appendfsync everysec",
        "maxmemory-policy noeviction",  # the queue lives here: refuse a write rather than forget one
    ]
    return "\n".join(lines) + "\n"


def _answers(port: int, password: str) -> bool:
    """True once it takes commands; while it loads its file it says so instead."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:  # noqa: PLR2004 - one line for each of the two commands
                chunk = connection.recv(256)
                if not chunk:
                    return False
                answer += chunk
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"
