"""A worker whose clock is wrong: whatever asks for the time in this process is told that much more (or less) of it.

Argument: seconds. Settings come from the environment.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

from tenants import clock

_time, _time_ns = time.time, time.time_ns
_SECONDS = float(sys.argv[1])

# Before anything else is imported, since others take these functions by name.
vars(time)["time"] = lambda: _time() + _SECONDS
vars(time)["time_ns"] = lambda: _time_ns() + int(_SECONDS * 1e9)
vars(clock)["now"] = lambda: datetime.fromtimestamp(_time() + _SECONDS, UTC)

if __name__ == "__main__":
    from server import worker
    from server.settings import load

    assert abs(clock.now().timestamp() - _time() - _SECONDS) < 1
    sys.exit(worker.run(load()))
