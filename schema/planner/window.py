"""Which page a connection's arguments ask for: first/after from the front, last/before from the back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLInt

from schema.planner.arguments import Leaf, Tree, constant
from schema.planner.binding import BadInput

PAGE = 20
"""Items of a page whose size is not said."""


@dataclass(frozen=True, slots=True)
class Window:
    """A page: its size, from which end, and the cursors between which it lies (either may be absent)."""

    size: Leaf
    backward: bool
    after: Leaf | None
    before: Leaf | None

    @property
    def start(self) -> Leaf | None:
        """The cursor where reading begins."""
        return self.before if self.backward else self.after

    @property
    def end(self) -> Leaf | None:
        """The cursor that reading does not reach."""
        return self.after if self.backward else self.before


def window(given: Mapping[str, Tree]) -> Window:
    """The page asked for; null is the same as not given. Errors: BadInput for both ``first`` and ``last``."""
    first, last = _leaf(given, "first"), _leaf(given, "last")
    if first is not None and last is not None:
        message = "Ask for the first or for the last items, not for both."
        raise BadInput(message)
    size = first or last or constant(GraphQLInt, PAGE)
    return Window(size, last is not None, _leaf(given, "after"), _leaf(given, "before"))


def _leaf(given: Mapping[str, Tree], name: str) -> Leaf | None:
    found = given.get(name)
    return found if isinstance(found, Leaf) else None
