"""Time of statements on one connection each, in turn, so that whatever disturbs the machine disturbs all of them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from statistics import median

Read = Callable[[], Awaitable[object]]
WARM_UPS = 20  # more than the five custom plans after which PostgreSQL may settle on a generic one


async def medians(reads: Mapping[str, Read], *, times: int) -> dict[str, float]:
    """The median milliseconds of each read, by name; within each turn they run one after the other."""
    for read in reads.values():
        for _ in range(WARM_UPS):
            await read()
    taken: dict[str, list[float]] = {name: [] for name in reads}
    names = list(reads)
    for turn in range(times):
        shift = turn % len(names)
        for name in (*names[shift:], *names[:shift]):
            started = time.perf_counter()
            await reads[name]()
            taken[name].append((time.perf_counter() - started) * 1000)
    return {name: median(values) for name, values in taken.items()}
