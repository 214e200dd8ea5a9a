"""Rows that were read beside objects that Python made (``made.joined``) are put into those objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from schema.planner.compile import JOINED

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """Where such rows stand: an object of the answer, the key in it, and the object's path."""

    container: dict[str, Any]
    name: str
    path: Path


def join(found: Sequence[Beside], errors: list[GraphQLError]) -> list[GraphQLError]:
    """Put the rows in their places, the inner ones first; the errors, where what they are about stands now.

    found: an object before those it holds.
    """
    for each in reversed(found):
        errors = _put(each, errors)
    return errors


def _put(beside: Beside, errors: list[GraphQLError]) -> list[GraphQLError]:
    key, inner = beside.name.removeprefix(JOINED).split(".")
    rows: list[list[Any]] = beside.container.pop(beside.name) or []
    value = beside.container[key]
    made = [item for item in (value if isinstance(value, list) else [value]) if item is not None]
    first: dict[str, int] = {}
    for place, item in enumerate(made):
        first.setdefault(item[inner], place)
    by_id = dict(rows)
    for item in made:
        item[inner] = by_id.get(item[inner])

    def moved(error: GraphQLError) -> GraphQLError | None:
        at = tuple(error.path or ())
        length = len(beside.path) + 1
        if at[:length] != (*beside.path, beside.name):
            return error
        number, _object, *rest = at[length:]
        place = first.get(rows[int(number)][0])
        if place is None:
            return None
        within = [place] if isinstance(value, list) else []
        error.path = [*beside.path, key, *within, inner, *rest]
        return error

    return [found for found in map(moved, errors) if found is not None]
