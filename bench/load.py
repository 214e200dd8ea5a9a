"""Load: autocannon, the same for every server."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

CONNECTIONS = 8


class LoadError(Exception):
    """A server gave anything but 200 under load; figures of such a run mean nothing."""


@dataclass(frozen=True, slots=True)
class Result:
    """One round: requests in all and per second, and the latency in milliseconds that 50 and 99 of 100 stay under."""

    requests: int
    rate: float
    p50: float
    p99: float


def fire(peers: Path, url: str, headers: Mapping[str, str], body: bytes, *, seconds: int) -> Result:
    """Ask over 8 connections, each as fast as its answers come. Errors: ``LoadError``."""
    question = peers / "question.json"
    question.write_bytes(body)
    given = [part for name, value in headers.items() for part in ("-H", f"{name}={value}")]
    autocannon = peers / "node_modules" / "autocannon" / "autocannon.js"
    options = ["--json", "-c", str(CONNECTIONS), "-d", str(seconds), "-m", "POST", "-i", str(question)]
    done = subprocess.run(
        ["node", str(autocannon), *options, "-H", "content-type=application/json", *given, url],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise LoadError(f"autocannon failed: {done.stderr.strip()}")
    found = orjson.loads(done.stdout)
    if found["non2xx"] or found["errors"] or found["timeouts"] or not found["2xx"]:
        told = {name: found[name] for name in ("2xx", "non2xx", "errors", "timeouts")}
        raise LoadError(f"{url} did not answer every request with 200: {told}")
    latency = found["latency"]
    return Result(
        requests=found["requests"]["total"],
        rate=found["requests"]["average"],
        p50=latency["p50"],
        p99=latency["p99"],
    )
