"""Which page a connection's arguments ask for: first/after from the front, last/before from the back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import FieldNode, GraphQLEnumType, GraphQLInt, get_named_type

from schema.planner.arguments import USUAL_SIZES, Leaf, Tree, constant
from schema.planner.binding import BadInput, Binder, page_size

PAGE = 20
"""Items of a page whose size is not said."""


@dataclass(frozen=True, slots=True)
class Window:
    """A page: how its size is bound, from which end, and the cursors between which it lies (either may be absent).

    known: the size, where it may stand in the statement; PostgreSQL then knows what a plan for all values would cost.
    """

    size: Binder
    known: int | None
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


def window(given: Mapping[str, Tree], node: FieldNode) -> Window:
    """The page a field asks for; null is the same as not given. Errors: BadInput for both ``first`` and ``last``."""
    first, last = _leaf(given, "first"), _leaf(given, "last")
    if first is not None and last is not None:
        raise BadInput("Ask for the first or for the last items, not for both.", nodes=node)
    size = first or last or constant(GraphQLInt, PAGE)
    known = size.now if size.now in USUAL_SIZES and _settled(given.get("filter")) else None
    return Window(page_size(size, node), known, last is not None, _leaf(given, "after"), _leaf(given, "before"))


def _settled(asked: Tree) -> bool:
    """Whether a filter leaves one good plan: words and flags do, several values, places and texts want their own."""
    if isinstance(asked, dict):
        return all(map(_settled, asked.values()))
    if asked is None or isinstance(asked.now, bool):
        return True
    return isinstance(get_named_type(asked.type), GraphQLEnumType) and (asked.is_single or not asked.is_list)


def _leaf(given: Mapping[str, Tree], name: str) -> Leaf | None:
    found = given.get(name)
    return found if isinstance(found, Leaf) else None
