"""``python -m bench [NAME ...]``: all benches, or the named ones. Exit codes: 0 measured, 1 could not, 2 wrong use."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from uuid import UUID

import asyncpg

from bench import contest, ground, node, questions, round_trip, servers
from bench.console import say
from bench.ground import Ground
from bench.load import LoadError
from bench.questions import Question
from server.embedded.account import AccountError
from server.embedded.processes import EmbeddedError
from server.settings import SettingsError, load

_ROUNDS = 3
_OVER_HTTP = ("board", "case")
_NAMES = (*_OVER_HTTP, "read_round_trip")
_EXPECTED = (
    AccountError,
    EmbeddedError,
    SettingsError,
    node.NodeError,
    servers.ServerError,
    contest.UnequalAnswers,
    LoadError,
)


def main() -> int:
    """Run the benches asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(_NAMES)} (default: all)")
    parser.add_argument(
        "--rounds", type=int, default=_ROUNDS, help="rounds per server and bench (default: %(default)s)"
    )
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(_NAMES)):
        parser.error(f"there is no bench {', '.join(unknown)}; there are: {', '.join(_NAMES)}")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _run(given.names or _NAMES, given.rounds)
    except _EXPECTED as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 1
    return 0


def _run(names: Sequence[str], rounds: int) -> None:
    data = (load().data / "bench").absolute()
    over_http = [name for name in _OVER_HTTP if name in names]
    peers = node.installed(data) if over_http else data
    with ground.standing(data) as running:
        found = asyncio.run(ground.prepare(data, running))
        case_id = asyncio.run(_archived_case(found))
        if over_http:
            asked = [_question(name, found, case_id) for name in over_http]
            _contests(found, peers, asked, rounds)
        if "read_round_trip" in names:
            asyncio.run(round_trip.run(found.app_url, found.tenant_id, case_id))


def _contests(found: Ground, peers: Path, asked: Sequence[Question], rounds: int) -> None:
    with ExitStack() as stack:
        say("starting the servers")
        running = [
            stack.enter_context(servers.ours(found)),
            stack.enter_context(servers.postgraphile(found, peers)),
            stack.enter_context(servers.bare(found, asked)),
        ]
        for question in asked:
            contest.run(question, running, peers, rounds=rounds)


def _question(name: str, found: Ground, case_id: UUID) -> Question:
    return questions.board() if name == "board" else questions.case(found.tenant_id, case_id)


async def _archived_case(found: Ground) -> UUID:
    """A case that has gone the whole way, from the middle of the data."""
    admin = await asyncpg.connect(found.admin_url)
    try:
        case_id: UUID = await admin.fetchval(
            "select id from \"case\" where tenant_id = $1 and status = 'ARCHIVED' "
            "order by reported_at offset 20000 limit 1",
            found.tenant_id,
        )
    finally:
        await admin.close()
    return case_id


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
