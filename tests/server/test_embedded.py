"""The embedded services: they keep data and addresses, belong to one process, and never outlive it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest

from server.embedded import services
from server.embedded.home import locked
from server.embedded.processes import EmbeddedError, end_leftover

HOLDER = """
import sys, time
from pathlib import Path
from server.embedded import services
with services.run(Path(sys.argv[1]), progress=lambda line: None, durable=False) as running:
    print(running.database_admin_url, running.redis_url, flush=True)
    time.sleep(600)
"""


def silent(_line: str) -> None:
    """No terminal to tell."""


def until(holds: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def is_refused(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((str(address.hostname), int(address.port or 0))) != 0


def redis_answer(url: str, *commands: str) -> bytes:
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=5) as connection:
        connection.sendall("".join(f"{command}\r\n" for command in (*commands, "QUIT")).encode())
        return b"".join(iter(lambda: connection.recv(4096), b""))


async def test_data_and_addresses_survive_a_restart(tmp_path: Path) -> None:
    with services.run(tmp_path, progress=silent, durable=False) as first:
        connection = await asyncpg.connect(first.database_admin_url)
        await connection.execute("create table kept (n int); insert into kept values (7)")
        version = connection.get_server_version()
        zone = await connection.fetchval("show timezone")
        await connection.close()
    assert version.major >= 18
    assert zone == "UTC"
    assert is_refused(first.database_admin_url)
    assert is_refused(first.redis_url)
    with services.run(tmp_path, progress=silent, durable=False) as second:
        connection = await asyncpg.connect(second.database_admin_url)
        kept = await connection.fetchval("select n from kept")
        await connection.close()
    assert kept == 7
    assert second == first


async def test_nobody_enters_without_the_password(tmp_path: Path) -> None:
    with services.run(tmp_path, progress=silent, durable=False) as running:
        address = urlsplit(running.database_admin_url)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(host="127.0.0.1", port=address.port, user="postgres", password="guess")
        assert redis_answer(running.redis_url, "PING").startswith(b"-NOAUTH")
        password = urlsplit(running.redis_url).password
        assert redis_answer(running.redis_url, f"AUTH {password}", "PING") == b"+OK\r\n+PONG\r\n+OK\r\n"
    assert stat.S_IMODE((tmp_path / "embedded.json").stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends the leftovers")
def test_killing_the_process_ends_its_services(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout is not None
        urls = holder.stdout.readline().split()
        assert len(urls) == 2
        with pytest.raises(EmbeddedError, match=f"in use by process {holder.pid}"), locked(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
    assert until(lambda: all(is_refused(url) for url in urls))
    with services.run(tmp_path, progress=silent, durable=False) as running:
        assert [running.database_admin_url, running.redis_url] == urls


def test_given_addresses_start_nothing(tmp_path: Path) -> None:
    given = services.Services("postgresql://admin@db/civicgrid", "redis://cache")
    with services.run(
        tmp_path / "data", progress=silent, database_url=given.database_admin_url, redis_url=given.redis_url
    ) as running:
        assert running == given
    assert not (tmp_path / "data").exists()


def test_a_leftover_that_works_in_the_folder_is_ended(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "600"], cwd=tmp_path) as leftover:
        (tmp_path / "pid").write_text(f"{leftover.pid}\nmore lines\n")
        assert end_leftover(tmp_path / "pid", tmp_path, gently=signal.SIGTERM)
        assert leftover.wait(10) == -signal.SIGTERM


def test_a_number_that_now_belongs_to_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(str(os.getpid()))
    assert not end_leftover(tmp_path / "pid", tmp_path, gently=signal.SIGTERM)
    assert psutil.pid_exists(os.getpid())


@pytest.mark.parametrize("content", ["", "no number", "999999999"])
def test_an_unreadable_pid_file_is_no_leftover(tmp_path: Path, content: str) -> None:
    (tmp_path / "pid").write_text(content)
    assert not end_leftover(tmp_path / "pid", tmp_path, gently=signal.SIGTERM)
    assert not end_leftover(tmp_path / "missing", tmp_path, gently=signal.SIGTERM)


def test_a_server_that_cannot_start_is_told_with_its_log(tmp_path: Path) -> None:
    with services.run(tmp_path, progress=silent, durable=False):
        pass
    homes = [Path(line) for line in _cluster_folders(tmp_path)]
    assert len(homes) == 1
    (homes[0] / "global" / "pg_control").unlink()
    with (
        pytest.raises(EmbeddedError, match=r"PostgreSQL ended at once \(\d+\)"),
        services.run(tmp_path, progress=silent, durable=False),
    ):
        pass


def _cluster_folders(data: Path) -> list[str]:
    """Where the cluster of ``data`` lies: below it, or for root where its note says."""
    below = data / "embedded" / "postgres"
    if below.exists():
        return [str(below)]
    notes = Path("/var/lib/civicgrid").glob("*/belongs-to")
    return [str(note.parent / "postgres") for note in notes if str(data) in note.read_text()]
