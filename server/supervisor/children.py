"""The web and worker processes of ``up``: started, started again when they die, stopped in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.embedded.processes import death_signal

Say = Callable[[str], None]

_FIRST_DELAY, _LAST_DELAY = 1.0, 30.0
_STEADY_SECONDS = 60  # a life this long was no crash at start: begin with the short delay again
_STOP_SECONDS = 30
_READY_SECONDS = 60
_POLL_SECONDS = 0.05
_LOG_LINES = 15


class ChildError(Exception):
    """A child ended, or was not ready in time, before the platform was up; the message ends with its log."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running; ``argv`` starts it, its output goes to ``<logs>/<name>.log``."""

    name: str
    argv: tuple[str, ...]


async def run(
    children: Sequence[Child],
    *,
    environment: Mapping[str, str],
    logs: Path,
    ready: Callable[[], Awaitable[bool]],
    when_ready: Callable[[], None],
    say: Say,
) -> None:
    """Start ``children`` in order and keep them until cancelled; then stop them one by one, the last started first.

    A child that ends before ``ready()`` is an error (``ChildError``): starting it again would hide a wrong setting.
    Later it is started again after 1, 2, 4 ... 30 seconds.
    """
    _prepare(logs, children)
    up = asyncio.Event()
    lives = [asyncio.create_task(_keep(child, environment, logs / f"{child.name}.log", up, say)) for child in children]
    waiting = asyncio.create_task(_until(ready, logs / f"{children[-1].name}.log"))
    try:
        await asyncio.wait({*lives, waiting}, return_when=asyncio.FIRST_COMPLETED)
        _raise_first([*lives, waiting])
        up.set()
        when_ready()
        await asyncio.wait(lives, return_when=asyncio.FIRST_COMPLETED)
        _raise_first(lives)
    finally:
        for task in (waiting, *reversed(lives)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _prepare(logs: Path, children: Sequence[Child]) -> None:
    """Empty logs, readable by us alone: every ``up`` tells its own story."""
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    for child in children:
        log = logs / f"{child.name}.log"
        log.unlink(missing_ok=True)
        log.touch(mode=0o600)


async def _keep(child: Child, environment: Mapping[str, str], log: Path, up: asyncio.Event, say: Say) -> None:
    clock = asyncio.get_running_loop().time
    delay = _FIRST_DELAY
    while True:
        began = clock()
        code = await _live(child, environment, log)
        if not up.is_set():
            raise ChildError(f"{child.name} ended with code {code}. The end of {log}:\n{_tail(log)}")
        if clock() - began > _STEADY_SECONDS:
            delay = _FIRST_DELAY
        say(f"{child.name} ended with code {code}, see {log}; starting it again in {delay:.0f} s")
        await asyncio.sleep(delay)
        delay = min(delay * 2, _LAST_DELAY)


async def _live(child: Child, environment: Mapping[str, str], log: Path) -> int:
    """One life of a child, in a session of its own so that Ctrl-C reaches us alone; cancelling ends it in peace."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *child.argv,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=death_signal(signal.SIGTERM),
        )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _until(ready: Callable[[], Awaitable[bool]], log: Path) -> None:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while not await ready():  # noqa: ASYNC110 - asked of another process, which sends no event
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as error:
        raise ChildError(f"not ready after {_READY_SECONDS} s. The end of {log}:\n{_tail(log)}") from error


def _raise_first(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        if task.done():
            task.result()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
