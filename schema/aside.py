"""Work that would keep the event loop, done beside it.

There is one thread for it: several would only take turns with the event loop, and leave it a smaller share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")
_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")


async def aside(work: Callable[[], _T]) -> _T:
    """What ``work`` returns or raises. It must touch nothing that belongs to the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, work)
