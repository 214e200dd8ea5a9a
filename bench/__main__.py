"""``python -m bench [NAME ...]``: the usual benches, or the named ones. Exit codes: 0 done, 1 could not, 2 wrong use."""

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

from bench import (
    audit,
    authorization,
    contest,
    ground,
    node,
    noisy,
    profile,
    questions,
    round_trip,
    row_security,
    scale,
    servers,
    sweep,
    tree,
    write,
)
from bench.console import say
from bench.ground import Ground
from bench.load import LoadError
from bench.questions import Question
from server.embedded.account import AccountError
from server.embedded.processes import EmbeddedError
from server.embedded.services import Services
from server.settings import SettingsError, load

_ROUNDS = 3
_CONTESTS = ("board", "case", "tree")
_USUAL = (*_CONTESTS, "read_round_trip", "rls")
_NAMES = (*_USUAL, "authorization", "noisy", "scale", "profile", "sweep", "write", "audit")
_EXPECTED = (
    AccountError,
    EmbeddedError,
    SettingsError,
    node.NodeError,
    servers.ServerError,
    contest.UnequalAnswers,
    sweep.UnevenSweep,
    audit.NotFoundError,
    LoadError,
)


def main() -> int:
    """Run the benches asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"any of: {', '.join(_NAMES)} (default: {', '.join(_USUAL)})"
    )
    parser.add_argument(
        "--rounds", type=int, default=_ROUNDS, help="rounds per server and bench (default: %(default)s)"
    )
    parser.add_argument(
        "--cases",
        type=int,
        help=f"cases of the large database of scale (default: {scale.CASES}), of sweep (default: {sweep.CASES})",
    )
    parser.add_argument(
        "--seconds", type=float, default=noisy.SECONDS, help="length of a round of noisy (default: %(default)s)"
    )
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(_NAMES)):
        parser.error(f"there is no bench {', '.join(unknown)}; there are: {', '.join(_NAMES)}")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _run(given.names or _USUAL, given)
    except _EXPECTED as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 1
    return 0


def _run(names: Sequence[str], given: argparse.Namespace) -> None:
    data = (load().data / "bench").absolute()
    with ground.standing(data) as running:
        if "sweep" in names:
            sweep.run(data, running, rounds=given.rounds, cases=given.cases or sweep.CASES)
        if "audit" in names:
            asyncio.run(audit.run(running, rounds=given.rounds))
        if "authorization" in names:
            authorization.run(running)
        if set(names) - {"sweep", "audit", "authorization"}:
            _on_usual_data(data, running, names, given)
    if "write" in names:
        with ground.standing(data, durable=True) as running:
            found = asyncio.run(ground.prepare(data, running))
            write.run(found, node.installed(data), name="write_durable", rounds=given.rounds)


def _on_usual_data(data: Path, running: Services, names: Sequence[str], given: argparse.Namespace) -> None:
    programs = node.installed(data)
    found = asyncio.run(ground.prepare(data, running))
    case_id, root_id = asyncio.run(_asked_for(found))
    asked = {
        "board": questions.board(),
        "case": questions.case(found.tenant_id, case_id),
        "tree": tree.tree(found.tenant_id, root_id),
    }
    contests = [asked[name] for name in _CONTESTS if name in names]
    if contests:
        _contests(found, programs, contests, given.rounds)
    if "read_round_trip" in names:
        asyncio.run(round_trip.run(found.app_url, found.tenant_id, case_id))
    if "rls" in names:
        asyncio.run(row_security.run(found, list(asked.values())))
    if "profile" in names:
        profile.run(found, programs, list(asked.values()))
    if "write" in names:
        write.run(found, programs, name="write", rounds=given.rounds)
    if "noisy" in names:
        noisy.run(found, rounds=given.rounds, seconds=given.seconds)
    if "scale" in names:
        scale.run(found, running, programs, rounds=given.rounds, cases=given.cases or scale.CASES)


def _contests(found: Ground, programs: node.Node, asked: Sequence[Question], rounds: int) -> None:
    with ExitStack() as stack:
        say("starting the servers")
        running = [
            stack.enter_context(servers.ours(found)),
            stack.enter_context(servers.postgraphile(found, programs)),
            stack.enter_context(servers.bare(found, asked)),
        ]
        for question in asked:
            contest.run(question, running, programs, rounds=rounds)


async def _asked_for(found: Ground) -> tuple[UUID, UUID]:
    """A case that has gone the whole way, from the middle of the data, and the root of the tree."""
    admin = await asyncpg.connect(found.admin_url)
    try:
        return await questions.archived_case(admin, found.tenant_id), await tree.root(admin, found.tenant_id)
    finally:
        await admin.close()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
