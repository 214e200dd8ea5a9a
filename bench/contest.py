"""One question put to all servers in turn: answers compared first, then rounds in rotating order, then medians."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from bench import load
from bench.console import figure, say
from bench.load import Result
from bench.node import Node
from bench.questions import Question, canonical
from bench.servers import Server

WARM_UP_SECONDS = 2
ROUND_SECONDS = 4


class UnequalAnswers(Exception):
    """Two servers gave different content for one question, so their speeds do not compare."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The medians of a server's rounds.

    ``cpu`` is milliseconds of processor time per request, database included; ``web`` those of the server's process alone.
    """

    rate: float
    p50: float
    p99: float
    cpu: float
    web: float


@dataclass(frozen=True, slots=True)
class Contender:
    """A server in a contest; ``fire`` loads it for so many seconds."""

    bench: str
    server: Server
    fire: Callable[[int], Result]


@dataclass(frozen=True, slots=True)
class _Round:
    """What one round showed."""

    result: Result
    cpu: float
    web: float


def run(question: Question, servers: Sequence[Server], node: Node, *, rounds: int) -> None:
    """Measure, and print one line for each peer of the first server. Errors: ``UnequalAnswers``, ``LoadError``."""
    _compare(question, servers)
    found = measure([(server, question) for server in servers], node, rounds=rounds)
    tell(question.name, servers, found)


def tell(bench: str, servers: Sequence[Server], found: Mapping[str, Standing]) -> None:
    """Print one line for each peer of the first server."""
    ours, *others = servers
    own = found[ours.name]
    for peer in others:
        theirs = found[peer.name]
        figure(
            bench=bench,
            peer=peer.name,
            ratio=round(own.rate / theirs.rate, 2),
            ours=round(own.rate, 1),
            theirs=round(theirs.rate, 1),
            unit="req/s",
            rss_mib=ours.peak_mebibytes(),
            p50_ms=round(own.p50, 2),
            p99_ms=round(own.p99, 2),
            p99_to_p50=round(own.p99 / own.p50, 2),
            cpu_ms=round(own.cpu, 2),
            web_ms=round(own.web, 2),
            theirs_p99_ms=round(theirs.p99, 2),
            theirs_cpu_ms=round(theirs.cpu, 2),
            theirs_web_ms=round(theirs.web, 2),
        )


def measure(asked: Sequence[tuple[Server, Question]], node: Node, *, rounds: int) -> dict[str, Standing]:
    """What each server showed, by name: warmed up, then asked in turn, round by round. Errors: ``LoadError``."""
    return in_turn(
        [Contender(question.name, server, partial(_ask, question, server, node)) for server, question in asked],
        rounds=rounds,
    )


def in_turn(contenders: Sequence[Contender], *, rounds: int) -> dict[str, Standing]:
    """The same for whatever they are loaded with. Errors: ``LoadError``."""
    for contender in contenders:
        contender.fire(WARM_UP_SECONDS)
    results: dict[str, list[_Round]] = {contender.server.name: [] for contender in contenders}
    for turn in range(rounds):
        shift = turn % len(contenders)
        for contender in (*contenders[shift:], *contenders[:shift]):
            found = _fire(contender, ROUND_SECONDS)
            results[contender.server.name].append(found)
            say(
                f"  {contender.bench} {turn + 1}/{rounds} {contender.server.name:<13} {found.result.rate:7.1f} req/s"
                f"  p50 {found.result.p50:6.2f}  p99 {found.result.p99:6.2f} ms  cpu {found.cpu:.2f} ms, {found.web:.2f}"
            )
    return {name: _standing(seen) for name, seen in results.items()}


def _compare(question: Question, servers: Sequence[Server]) -> None:
    first, *others = [(server.name, canonical(server.ask(question))) for server in servers]
    for name, answer in others:
        if answer != first[1]:
            raise UnequalAnswers(
                f"{question.name}: {first[0]} and {name} answer differently; see {difference(first[1], answer)}"
            )


def difference(left: object, right: object, path: str = "data") -> str:
    """The first place where two answers part."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        for key, value in left.items():
            if value != right[key]:
                return difference(value, right[key], f"{path}.{key}")
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            if one != other:
                return difference(one, other, f"{path}[{index}]")
    return f"{path}: {str(left)[:300]} / {str(right)[:300]}"


def _ask(question: Question, server: Server, node: Node, seconds: int) -> Result:
    return load.fire(node, server.address(question), server.headers, server.body(question), seconds=seconds)


def _fire(contender: Contender, seconds: int) -> _Round:
    server = contender.server
    before = server.cpu_seconds()
    result = contender.fire(seconds)
    after = server.cpu_seconds()
    spent = {pid: (total - before.get(pid, 0.0)) * 1000 / result.requests for pid, total in after.items()}
    return _Round(result, cpu=sum(spent.values()), web=spent[server.process.pid])


def _standing(rounds: Sequence[_Round]) -> Standing:
    return Standing(
        rate=median(found.result.rate for found in rounds),
        p50=median(found.result.p50 for found in rounds),
        p99=median(found.result.p99 for found in rounds),
        cpu=median(found.cpu for found in rounds),
        web=median(found.web for found in rounds),
    )
