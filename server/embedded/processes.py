"""Child processes that never outlive their reason: started as an account, told to end with us, found again after a crash."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from server.embedded.account import Account, credentials

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
_POLL_SECONDS = 0.02
_LOG_LINES = 12
_LOG_LIMIT_BYTES = 16 * 1024 * 1024


class EmbeddedError(Exception):
    """An embedded service could not be started; the message says why, with the end of its log."""


def run_once(argv: Sequence[str | Path], *, account: Account | None, cwd: Path) -> None:
    """Run a program to its end as ``account``. Errors: ``EmbeddedError`` with what it printed."""
    done = subprocess.run(  # noqa: S603 - our own programs, no shell, no outside input
        [str(part) for part in argv],
        check=False,
        cwd=cwd,
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **credentials(account),
    )
    if done.returncode:
        raise EmbeddedError(f"{Path(argv[0]).name} failed ({done.returncode}):\n{done.stdout.strip()}")


def spawn(
    argv: Sequence[str | Path], *, account: Account | None, cwd: Path, log: Path, at_our_death: signal.Signals
) -> subprocess.Popen[bytes]:
    """Start a server as ``account`` in a session of its own, so that Ctrl-C in a terminal reaches us alone.

    ``at_our_death``: what the kernel sends it when the thread that called this ends, even by SIGKILL (Linux only;
    elsewhere ``end_leftover`` at the next start does the work). Call it from a thread that lives as long as we do.
    """
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.unlink()
    log.touch(mode=0o600)  # a failed statement is quoted there with its values
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own programs, no shell, no outside input
            [str(part) for part in argv],
            cwd=cwd,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=death_signal(at_our_death),  # noqa: PLW1509 - one system call, no allocation, no lock
            **credentials(account),
        )


def death_signal(number: signal.Signals) -> Callable[[], None] | None:
    """What a child must do between fork and exec so that the kernel tells it of our death; None where it cannot."""
    if _LIBC is None:
        return None
    parent = os.getpid()
    prctl = _LIBC.prctl

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # we died before the call took effect
            os._exit(1)

    return bind


def wait_ready(
    process: subprocess.Popen[bytes], ready: Callable[[], bool], *, name: str, log: Path, seconds: float
) -> None:
    """Return once ``ready()`` holds. Errors: ``EmbeddedError`` when the process ended or ``seconds`` went by."""
    until = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise EmbeddedError(f"{name} ended at once ({process.returncode}). The end of {log}:\n{_tail(log)}")
        if time.monotonic() > until:
            raise EmbeddedError(f"{name} was not ready after {seconds:.0f} s. The end of {log}:\n{_tail(log)}")
        time.sleep(_POLL_SECONDS)


def stop(
    process: subprocess.Popen[bytes], *, gently: signal.Signals, at_once: signal.Signals, seconds: float = 30
) -> None:
    """End a process we started: ask, wait ``seconds``, insist."""
    if process.poll() is not None:
        return
    process.send_signal(gently)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(at_once)
        process.wait()


def end_leftover(pid_file: Path, folder: Path, *, gently: signal.Signals, seconds: float = 30) -> bool:
    """End the server that an earlier run left in ``folder``; True when there was one.

    The number in ``pid_file`` may long belong to somebody else: only a process that works in ``folder`` is ours.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if Path(process.cwd()) != folder.resolve():
            return False
        process.send_signal(gently)
        if not _wait_gone(process, seconds):
            process.kill()
            _wait_gone(process, seconds)
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return True


def _wait_gone(process: psutil.Process, seconds: float) -> bool:
    """A dead process that nobody collects (a container without a proper first process) counts as gone."""
    until = time.monotonic() + seconds
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > until:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES:]) if log.exists() else ""
