"""Those who were told to wait and ask on: refused by who they are alone, before anybody looks at what they want.

A refusal that comes after a request was read and its cost reckoned takes a third of the time of an answer, so whoever
asks ten times too much would still slow down everybody else.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

_PATIENCE = 10  # refusals within a second: only who does not wait the whole seconds of Retry-After gets so many
_SECOND = 1.0
_MOST_KNOWN = 1_024


@dataclass(slots=True)
class _Insistent:
    """How often somebody was refused since ``since``, and until when that stands whatever is asked."""

    since: float
    refusals: int = 0
    until: float = 0.0
    seconds: float = 0.0


class Door:
    """Remembers who was refused of late; those longest ago are forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Insistent] = OrderedDict()

    def refused(self, who: str, seconds: float) -> None:
        """Take down that somebody was refused for want of points, which will be there in so many seconds."""
        now = time.monotonic()
        known = self._known.get(who)
        if known is None or now - known.since > _SECOND:
            known = self._known[who] = _Insistent(now)
        self._known.move_to_end(who)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        known.refusals += 1
        if known.refusals >= _PATIENCE:
            # No longer than a second: what costs less than the request refused may be affordable earlier.
            known.seconds, known.until = seconds, now + min(seconds, _SECOND)

    def closed(self, who: str) -> float | None:
        """Seconds to wait, for somebody who need not be listened to now; None for all others."""
        known = self._known.get(who)
        if known is None:
            return None
        left = known.until - time.monotonic()
        return max(left, known.seconds - _SECOND + left) if left > 0 else None
