"""One question put to all servers in turn: answers compared first, then rounds in rotating order, then medians."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import load
from bench.console import figure, say
from bench.load import Result
from bench.questions import Question, canonical
from bench.servers import Server

WARM_UP_SECONDS = 2
ROUND_SECONDS = 4


class UnequalAnswers(Exception):
    """Two servers gave different content for one question, so their speeds do not compare."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The medians of a server's rounds."""

    rate: float
    p50: float
    p99: float


def run(question: Question, servers: Sequence[Server], peers: Path, *, rounds: int) -> None:
    """Measure, and print one line for each peer of the first server. Errors: ``UnequalAnswers``, ``LoadError``."""
    _compare(question, servers)
    for server in servers:
        _fire(question, server, peers, WARM_UP_SECONDS)
    results: dict[str, list[Result]] = {server.name: [] for server in servers}
    for turn in range(rounds):
        shift = turn % len(servers)
        for server in (*servers[shift:], *servers[:shift]):
            result = _fire(question, server, peers, ROUND_SECONDS)
            results[server.name].append(result)
            say(
                f"  {question.name} {turn + 1}/{rounds} {server.name:<13} {result.rate:7.1f} req/s  p99 {result.p99} ms"
            )
    ours, *others = servers
    own = _standing(results[ours.name])
    for peer in others:
        theirs = _standing(results[peer.name])
        figure(
            bench=question.name,
            peer=peer.name,
            ratio=round(own.rate / theirs.rate, 2),
            ours=round(own.rate, 1),
            theirs=round(theirs.rate, 1),
            unit="req/s",
            rss_mib=ours.peak_mebibytes(),
            p50_ms=own.p50,
            p99_ms=own.p99,
            theirs_p99_ms=theirs.p99,
        )


def _compare(question: Question, servers: Sequence[Server]) -> None:
    first, *others = [(server.name, canonical(server.ask(question))) for server in servers]
    for name, answer in others:
        if answer != first[1]:
            raise UnequalAnswers(
                f"{question.name}: {first[0]} and {name} answer differently; see {_show(first[1], answer)}"
            )


def _show(left: object, right: object, path: str = "data") -> str:
    """The first place where two answers part."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        for key, value in left.items():
            if value != right[key]:
                return _show(value, right[key], f"{path}.{key}")
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            if one != other:
                return _show(one, other, f"{path}[{index}]")
    return f"{path}: {str(left)[:300]} / {str(right)[:300]}"


def _fire(question: Question, server: Server, peers: Path, seconds: int) -> Result:
    return load.fire(peers, server.address(question), server.headers, server.body(question), seconds=seconds)


def _standing(results: Sequence[Result]) -> Standing:
    return Standing(
        rate=median(result.rate for result in results),
        p50=median(result.p50 for result in results),
        p99=median(result.p99 for result in results),
    )
