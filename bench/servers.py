"""The servers that are measured, each a process of its own on a free port, ended with the block."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import psutil

from bench.accounts import SIGN_IN
from bench.cities import CITY
from bench.ground import PASSWORD, USERNAME, Ground
from bench.node import Node
from bench.questions import Question
from server.embedded.processes import death_signal, free_port
from server.supervisor.addresses import environment_of

_READY_SECONDS = 60
_STOP_SECONDS = 15
_POLL_SECONDS = 0.1
# Budgets that no load of ours uses up: counting and throttling stay on.
_PLENTY = {
    "CIVICGRID_COST_CAPACITY": "1000000000",
    "CIVICGRID_COST_RESTORE": "10000000",
    "CIVICGRID_TENANT_COST_CAPACITY": "1000000000",
    "CIVICGRID_TENANT_COST_RESTORE": "10000000",
}


class ServerError(Exception):
    """A server did not start or did not answer; the message ends with its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: ``headers`` sign in to it, ``address`` and ``body`` put a question in the words it speaks."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    speaks: str = "ours"

    def address(self, question: Question) -> str:
        """Where the question is asked."""
        return f"{self.url}/{question.name}" if self.speaks == "bare" else f"{self.url}/graphql"

    def body(self, question: Question) -> bytes:
        """The question in the words of this server."""
        words: dict[str, Any] = {
            "ours": question.ours,
            "postgraphile": question.postgraphile,
            "bare": {"parameters": question.parameters},
        }
        return orjson.dumps(words[self.speaks])

    def ask(self, question: Question) -> Any:
        """The data of one answer. Errors: ``ServerError`` when there are errors in it."""
        return post(self.address(question), self.body(question), self.headers)

    def cpu_seconds(self) -> dict[int, float]:
        """Processor time so far, by process, of the server and of the database, which serves one server at a time."""
        database = [child for child in psutil.Process().children() if child.name().startswith("postgres")]
        backends = [backend for process in database for backend in process.children()]
        found = {}
        for process in (psutil.Process(self.process.pid), *backends):
            with suppress(psutil.NoSuchProcess):  # a backend that ended between the listing and the look
                times = process.cpu_times()
                found[process.pid] = float(times.user + times.system)
        return found

    def peak_mebibytes(self) -> float:
        """The most memory the process has had at once (resident; the present size where the kernel keeps no peak)."""
        status = Path(f"/proc/{self.process.pid}/status")
        if status.exists():
            for line in status.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return round(int(line.split()[1]) / 1024, 1)
        resident: int = psutil.Process(self.process.pid).memory_info().rss
        return round(resident / 2**20, 1)


@contextmanager
def ours(ground: Ground, name: str = "ours", *, module: str = "server.cli") -> Iterator[Server]:
    """``civicgrid serve`` as it is, with one worker; signed in as the bench's dispatcher."""
    port = free_port()
    environment = environment_of(ground.settings) | {
        "CIVICGRID_PORT": str(port),
        "CIVICGRID_WORKERS": "1",
        "CIVICGRID_ACCESS_TOKEN_MINUTES": "600",
        **_PLENTY,
    }
    argv = [sys.executable, "-m", module, "serve"]
    with _running(name, argv, environment, ground.data, ready=f"http://127.0.0.1:{port}/readyz") as process:
        url = f"http://127.0.0.1:{port}"
        given = {"tenant": CITY, "username": USERNAME, "password": PASSWORD}
        answer = post(f"{url}/graphql", orjson.dumps({"query": SIGN_IN, "variables": {"input": given}}), {})
        token = answer["signIn"]["credentials"]["accessToken"]
        yield Server(name, url, process, {"authorization": f"Bearer {token}"})


@contextmanager
def postgraphile(ground: Ground, node: Node) -> Iterator[Server]:
    """PostGraphile 5 over the same tables, under the same role and row security, with the tenant given."""
    port = free_port()
    environment = dict(os.environ) | {
        "PEER_DATABASE_URL": ground.app_url,
        "PEER_TENANT": str(ground.tenant_id),
        "PORT": str(port),
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
    }
    argv = [str(node.program), "postgraphile.mjs"]
    ready = f"http://127.0.0.1:{port}/graphql?query=%7B__typename%7D"
    with _running("postgraphile", argv, environment, ground.data, ready=ready, folder=node.peers) as process:
        yield Server("postgraphile", f"http://127.0.0.1:{port}", process, speaks="postgraphile")


@contextmanager
def bare(ground: Ground, questions: Sequence[Question]) -> Iterator[Server]:
    """The hand-written statements of the questions behind an ASGI app that does nothing else."""
    port = free_port()
    statements = {f"/{question.name}": question.statement for question in questions}
    environment = dict(os.environ) | {
        "BARE_DATABASE_URL": ground.app_url,
        "BARE_TENANT": str(ground.tenant_id),
        "BARE_PORT": str(port),
        "BARE_STATEMENTS": orjson.dumps(statements).decode(),
    }
    argv = [sys.executable, "-m", "bench.bare"]
    with _running("bare", argv, environment, ground.data, ready=f"http://127.0.0.1:{port}/ready") as process:
        yield Server("bare", f"http://127.0.0.1:{port}", process, speaks="bare")


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Any:
    """The ``data`` of a GraphQL answer. Errors: ``ServerError``."""
    request = urllib.request.Request(  # noqa: S310 - our own servers on this machine
        url, data=body, headers={"content-type": "application/json", **headers}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - likewise
            answer = orjson.loads(response.read())
    except urllib.error.HTTPError as error:
        raise ServerError(f"{url} answered {error.code}: {error.read().decode(errors='replace')[:2000]}") from error
    if answer.get("errors"):
        raise ServerError(f"{url} answered with errors: {answer['errors']}")
    return answer["data"]


@contextmanager
def _running(
    name: str,
    argv: Sequence[str],
    environment: Mapping[str, str],
    data: Path,
    *,
    ready: str,
    folder: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    log = data / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=death_signal(signal.SIGTERM),  # noqa: PLW1509 - one system call, no allocation, no lock
        )
    try:
        _wait(process, ready, log)
        yield process
    finally:
        _end(process)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _READY_SECONDS
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > until:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise ServerError(f"no answer from {url}. The end of {log}:\n{tail}")
        time.sleep(_POLL_SECONDS)


def _answers(url: str) -> bool:
    """Whether anything listens and answers there; what, is for the first question to find out."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own server on this machine
            return True
    except urllib.error.HTTPError as error:
        return error.code != 503  # noqa: PLR2004 - /readyz while a dependency is away
    except OSError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
