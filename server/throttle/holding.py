"""One bucket as a process sees it: the points it was allotted, and what it last heard of the shared rest."""

from __future__ import annotations

import time
from dataclasses import dataclass

from server.throttle import bucket
from server.throttle.budgets import Budget

_IDLE = bucket.SECOND  # after which unused points go back
_FRESH = bucket.SECOND  # how long a "not enough" is believed: meanwhile others may have put points back
_KNOWN = 10 * bucket.SECOND
_SHARE = 50  # a process holds up to 1/50 of a bucket beyond what it is spending
_OVERTAKEN = bucket.SECOND  # answers that are older than this do not come; a clock that was set back may look so
_NEVER = -3600 * bucket.SECOND


def clock() -> int:
    """Microseconds of this machine's steady clock; of no meaning to other processes."""
    return time.monotonic_ns() // 1000


@dataclass(slots=True)
class Holding:
    """A process's part in a bucket.

    key: the bucket's name in Valkey. tag: the part of it that a cluster goes by. held: allotted points, spent without
    asking. expected: points on their way here. full_at: when the shared bucket is full again, as far as this process
    knows; its own bucket while Valkey is away. told_at: when Valkey said so; stamp: that instant on Valkey's clock.
    used_at: when points were last spent. owed: points spent while Valkey was away or slow, which it is to hear of.
    """

    key: str
    tag: str
    budget: Budget
    held: int = 0
    expected: int = 0
    full_at: int = _NEVER
    told_at: int = _NEVER
    stamp: int = 0
    used_at: int = _NEVER
    owed: int = 0

    @property
    def keep(self) -> int:
        """How many points may stay here while the bucket is in use."""
        return self.budget.capacity // _SHARE

    def spare(self, now: int) -> int:
        """The points at hand that may be spent without asking.

        They and what the shared bucket has restored since are never more than its capacity: whoever saves points while
        the bucket fills up again must not spend both. What is more goes back, to be lost there if the bucket is full.
        """
        return min(self.held, bucket.missing(self.full_at, self.budget, now))

    def available(self, now: int) -> int:
        """The points at hand and, as far as is known, in the bucket."""
        return min(self.budget.capacity, self.spare(now) + bucket.available(self.full_at, self.budget, now))

    def wait(self, now: int, points: int) -> int:
        """Microseconds until there are ``points`` at hand and in the bucket together; 0 when there are."""
        return bucket.wait(self.full_at, self.budget, now, max(0, points - self.spare(now)))

    def known(self, now: int) -> bool:
        """Whether Valkey told of the bucket so lately that this process may decide by what it knows."""
        return now - self.told_at < _KNOWN

    def lacks(self, now: int, points: int) -> bool:
        """Whether it is of no use to ask: Valkey said a moment ago that there is less."""
        return now - self.told_at < _FRESH and self.wait(now, points) > 0

    def spend(self, now: int, points: int) -> None:
        """Use points that are at hand."""
        self.held -= points
        self.used_at = now

    def spend_alone(self, now: int, points: int) -> None:
        """Use points at hand, then of the process's own bucket; ``wait`` was 0."""
        own = max(0, points - self.spare(now))
        self.spend(now, points - own)
        self.full_at = bucket.spent(self.full_at, self.budget, now, own)
        self.owed += own

    def hear(self, now: int, stamp: int, left: int) -> None:
        """Take down what was left in the shared bucket at that instant of Valkey's, in microseconds of restoring."""
        if 0 < self.stamp - stamp < _OVERTAKEN:
            return  # an answer over another connection overtook this one and knows better
        unpaid = bucket.worth(self.owed, self.budget)  # Valkey has not heard of it yet
        self.full_at = now + bucket.worth(self.budget.capacity, self.budget) - left + unpaid
        self.told_at, self.stamp = now, stamp

    def surplus(self, now: int) -> int:
        """Points that others should have: all when the bucket is idle here, else those beyond ``keep`` and ``spare``."""
        idle = now - self.used_at >= _IDLE
        return self.held - (0 if idle else min(self.keep, self.spare(now)))

    def put_back_alone(self) -> None:
        """Put all points at hand into the process's own bucket."""
        self.full_at = bucket.returned(self.full_at, self.budget, self.held)
        self.owed = max(0, self.owed - self.held)
        self.held = 0

    def settle(self, now: int) -> int:
        """What the process owes the shared bucket of what it spent alone, less what was restored since; then nothing.

        Without it a Valkey that comes and goes would be a second budget.
        """
        owed, self.owed = min(self.owed, bucket.missing(self.full_at, self.budget, now)), 0
        return owed
