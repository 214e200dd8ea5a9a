"""333 cities and 5 million cases against 5 cities and 100,000: the same questions of the same city, in turn."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Any

import asyncpg

from bench import contest, ground, questions, servers
from bench.cities import large
from bench.console import figure, say
from bench.ground import Ground
from bench.node import Node
from bench.questions import Question
from server.embedded.services import Services

CASES = 5_000_000
CITIES = 333


def run(small: Ground, running: Services, node: Node, *, rounds: int, cases: int) -> None:
    """Fill the large database where it is missing, then print one line per question: the ratio of both p50.

    Errors: ``UnequalAnswers``, ``LoadError``, ``ServerError``.
    """
    planned = large(cases, CITIES)
    big = asyncio.run(ground.prepare(small.data, running, kind="scale", cities=planned))
    with ExitStack() as stack:
        say("starting both servers")
        few = stack.enter_context(servers.ours(small, "small"))
        many = stack.enter_context(servers.ours(big, "large"))
        for name in ("board", "case"):
            asked = [(server, asyncio.run(_question(name, on))) for server, on in ((few, small), (many, big))]
            _compare(name, asked)
            found = contest.measure(asked, node, rounds=rounds)
            figure(
                bench="scale",
                peer=name,
                ratio=round(found["large"].p50 / found["small"].p50, 3),
                ours=round(found["large"].p50, 2),
                theirs=round(found["small"].p50, 2),
                unit="ms",
                p99_ms=round(found["large"].p99, 2),
                theirs_p99_ms=round(found["small"].p99, 2),
                cpu_ms=round(found["large"].cpu, 2),
                theirs_cpu_ms=round(found["small"].cpu, 2),
                cases=cases,
                cities=CITIES,
            )


async def _question(name: str, on: Ground) -> Question:
    if name == "board":
        return questions.board()
    admin = await asyncpg.connect(on.admin_url)
    try:
        return questions.case(on.tenant_id, await questions.archived_case(admin, on.tenant_id))
    finally:
        await admin.close()


def _compare(name: str, asked: list[tuple[servers.Server, Question]]) -> None:
    """Both cities were made alike, so but for the ids their answers are the same."""
    few, many = (_without_ids(server.ask(question)) for server, question in asked)
    if few != many:
        raise contest.UnequalAnswers(f"{name}: small and large answer differently: {contest.difference(few, many)}")


def _without_ids(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_without_ids(item) for item in answer]
    if isinstance(answer, dict):
        return {key: _without_ids(value) for key, value in answer.items() if key != "id"}
    return answer
