"""``python -m bench.sampled serve``: the server as it is, with a look at its stack every two milliseconds it works.

SIGUSR2 starts looking, the next one stops and writes what was seen to the file CIVICGRID_BENCH_SAMPLES, as JSON:
``{"samples": n, "rooms": {room: n}, "functions": {"file:function": n}}``. Only time on the processor is sampled (ITIMER_PROF),
so waiting for the database counts nowhere. What C code does counts where Python called it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

import orjson

from server import cli

_EVERY_SECONDS = 0.002
# The first of these that a path holds, from the innermost frame outwards, says where the time went.
_ROOMS = (
    ("/site-packages/asyncpg/", "asyncpg"),
    ("/site-packages/graphql/", "graphql-core"),
    ("/site-packages/strawberry/", "strawberry"),
    ("/site-packages/uvicorn/", "uvicorn"),
    ("/site-packages/starlette", "starlette"),
    ("/site-packages/joserfc/", "auth"),
    ("/site-packages/cryptography/", "auth"),
    ("/site-packages/redis/", "throttle"),
    ("/site-packages/structlog/", "logs"),
    ("/server/logs", "logs"),
    ("/server/accounts/", "auth"),
    ("/tenants/sessions", "database pool"),
    ("/tenants/", "auth"),
    ("/server/throttle/", "throttle"),
    ("/server/", "http"),
    ("/schema/documents/", "documents"),
    ("/schema/planner/", "planner"),
    ("/schema/operations", "operations"),
    ("/schema/transport/", "transport"),
    ("/schema/", "schema"),
)


class _Sampler:
    """Counts of what was on the stack, while it looks."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rooms: Counter[str] = Counter()
        self._functions: Counter[str] = Counter()
        self._looking = False

    def toggle(self, _number: int, _frame: FrameType | None) -> None:
        """Start, or stop and write."""
        self._looking = not self._looking
        pause = _EVERY_SECONDS if self._looking else 0
        signal.setitimer(signal.ITIMER_PROF, pause, pause)
        if self._looking:
            self._rooms.clear()
            self._functions.clear()
            return
        seen = {"samples": self._rooms.total(), "rooms": self._rooms, "functions": self._functions}
        draft = self._file.with_suffix(".part")
        draft.write_bytes(orjson.dumps(seen))
        draft.rename(self._file)

    def look(self, _number: int, frame: FrameType | None) -> None:
        """Count where the process is."""
        if frame is None:
            return
        code = frame.f_code
        self._functions[f"{_short(code.co_filename)}:{code.co_name}"] += 1
        self._rooms[_room(frame)] += 1


def _room(frame: FrameType) -> str:
    at: FrameType | None = frame
    while at is not None:
        for part, room in _ROOMS:
            if part in at.f_code.co_filename:
                return "event loop" if at.f_code.co_name == "run" and room in {"uvicorn", "http"} else room
        at = at.f_back
    return "event loop"


def _short(path: str) -> str:
    _before, found, inside = path.rpartition("/site-packages/")
    return inside if found else "/".join(Path(path).parts[-3:])


def main() -> None:
    """Serve, and listen for the signal."""
    sampler = _Sampler(Path(os.environ["CIVICGRID_BENCH_SAMPLES"]))
    signal.signal(signal.SIGPROF, sampler.look)
    signal.signal(signal.SIGUSR2, sampler.toggle)
    signal.siginterrupt(signal.SIGPROF, False)
    sys.argv[0] = "civicgrid"
    cli.main()


if __name__ == "__main__":
    main()
