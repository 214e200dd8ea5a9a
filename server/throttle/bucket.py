"""The arithmetic of a token bucket, kept as one number: the instant at which it will be full again.

The virtual scheduling form of the generic cell rate algorithm (ITU-T I.371, annex A): a bucket that nobody uses needs no
upkeep, and one that is full need not be stored. Instants and spans are whole microseconds of any one steady clock, so
that nothing is lost to rounding; what has to be rounded is rounded against the client, by less than a microsecond of
restoring.
"""

from __future__ import annotations

from server.throttle.budgets import Budget

SECOND = 1_000_000


def worth(points: int, budget: Budget) -> int:
    """The microseconds in which a bucket restores ``points``."""
    return -(-points * SECOND // budget.restore)


def points_in(microseconds: int, budget: Budget) -> int:
    """The whole points that a bucket restores in that time."""
    return microseconds * budget.restore // SECOND


def missing(full_at: int, budget: Budget, now: int) -> int:
    """The points that the bucket has less than its capacity."""
    return min(budget.capacity, points_in(max(0, full_at - now), budget))


def available(full_at: int, budget: Budget, now: int) -> int:
    """The points in the bucket."""
    return max(0, points_in(worth(budget.capacity, budget) - max(0, full_at - now), budget))


def wait(full_at: int, budget: Budget, now: int, points: int) -> int:
    """The microseconds until the bucket has ``points``, which is at most its capacity; 0 when it has them."""
    return max(0, max(0, full_at - now) + worth(points, budget) - worth(budget.capacity, budget))


def spent(full_at: int, budget: Budget, now: int, points: int) -> int:
    """When the bucket is full again after ``points`` were taken; the caller has seen that they are there."""
    return max(full_at, now) + worth(points, budget)


def returned(full_at: int, budget: Budget, points: int) -> int:
    """When the bucket is full again after ``points`` were put back; an instant gone by means that it is full."""
    return full_at - points * SECOND // budget.restore
