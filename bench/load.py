"""Load: autocannon, the same for every server."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from bench.node import Node

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


def fire(node: Node, url: str, headers: Mapping[str, str], body: bytes, *, seconds: int) -> Result:
    """Ask over 8 connections, each as fast as its answers come. Errors: ``LoadError``."""
    job = {"url": url, "headers": headers, "body": body.decode(), "connections": CONNECTIONS, "seconds": seconds}
    done = subprocess.run(
        [node.program, node.peers / "fire.mjs"],
        check=False,
        input=orjson.dumps(job),
        capture_output=True,
    )
    if done.returncode:
        raise LoadError(f"autocannon failed: {done.stderr.decode(errors='replace').strip()}")
    found = orjson.loads(done.stdout)
    counts = found["counts"]
    if not counts["ok"] or sum(counts.values()) != counts["ok"]:
        raise LoadError(f"{url} did not answer every request with 200: {counts}")
    return Result(requests=counts["ok"], rate=found["rate"], p50=found["p50"], p99=found["p99"])
