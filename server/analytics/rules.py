"""Percentages, completion rates and sums over the tree (C-02, C-03, A-07, JM-27)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TypeVar

Node = TypeVar("Node")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one organization and period; all of them add up over children.

    concluded: cases resolved, whenever they were reported. satisfied is out of rated: silence is in neither.
    """

    reported: int = 0
    accepted: int = 0
    concluded: int = 0
    overdue: int = 0
    rated: int = 0
    satisfied: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """Percentages with two decimals (satisfaction: one); None where nothing was counted."""

    completion_of_reported: Decimal | None
    completion_of_accepted: Decimal | None
    satisfaction_of_rated: Decimal | None


def percentage(part: int, whole: int, places: int = 2) -> Decimal | None:
    """``part`` in percent of ``whole``, rounded half up to ``places`` decimals; None for a whole of zero (C-03).

    Raises ValueError for a negative count or number of places, which no figure has.
    """
    if part < 0 or whole < 0 or places < 0:
        raise ValueError(f"counts and places are not negative: {part} of {whole} to {places}")
    if not whole:
        return None
    # In integers, so that a tie is a tie: part/whole as a Decimal is already rounded once.
    scaled, rest = divmod(part * 100 * 10**places, whole)
    if 2 * rest >= whole:
        scaled += 1
    return Decimal(scaled).scaleb(-places)


def rates(tally: Tally) -> Rates:
    """The rates of a tally: completion by reported (HS-08) and by accepted (AQ-10) are two different metrics (A-07)."""
    return Rates(
        completion_of_reported=percentage(tally.concluded, tally.reported),
        completion_of_accepted=percentage(tally.concluded, tally.accepted),
        satisfaction_of_rated=percentage(tally.satisfied, tally.rated, 1),
    )


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum, field by field; an empty one is all zeros."""
    sums: Counter[str] = Counter()
    for tally in tallies:
        sums.update({field.name: getattr(tally, field.name) for field in fields(Tally)})
    return Tally(**sums)


def roll_up(parents: Mapping[Node, Node | None], own: Mapping[Node, Tally]) -> dict[Node, Tally]:
    """The tally of every node with its subtree: its own and its children's (JM-27, parent = sum of children).

    parents: every node to its parent, None for a root. Raises ValueError for a cycle, an unknown parent or an unknown
    node in ``own``, since a figure would silently be lost.
    """
    unknown = (own.keys() | {parent for parent in parents.values() if parent is not None}) - parents.keys()
    if unknown:
        raise ValueError(f"not in the tree: {unknown}")
    sums = {node: own.get(node, Tally()) for node in parents}
    waiting = Counter(parent for parent in parents.values() if parent is not None)
    ready = [node for node in parents if not waiting[node]]
    for node in ready:
        parent = parents[node]
        if parent is None:
            continue
        sums[parent] = total((sums[parent], sums[node]))
        waiting[parent] -= 1
        if not waiting[parent]:
            ready.append(parent)
    if len(ready) != len(parents):
        raise ValueError("the tree has a cycle")
    return sums
