"""One operation under way in the reference: who asks, in which city, when; and what has to be compared with care."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from graphql import GraphQLError

from tests.reference.people import Person
from tests.reference.rows import Row, World
from tests.reference.visibility import sees

Args = dict[str, Any]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """What a cursor stands for: a row, in an order (None without orders), of a field, ``Type.name``.

    values: what the rows are ordered by, when that alone tells them apart within a list. Rows of two lists may then have
    the same place, each in its own: the first steps of two cases.
    """

    field: str
    order: str | None
    id: UUID
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Thing:
    """A row as an object of the graph."""

    type: str
    row: Row


Cursors = Mapping[str, Collection[Place]]


@dataclass(frozen=True, slots=True, repr=False)
class Asking:
    """cursors: the places of the product's cursors we know. loose: answers that only their kind decides, by path."""

    world: World
    me: Person
    now: datetime
    cursors: Cursors
    loose: dict[Path, str] = field(default_factory=dict)

    def place(self, cursor: str, field_: str, order: str | None) -> Place | None:
        """What a cursor stands for in an order of a field; None for one that was not made there."""
        places = self.cursors.get(cursor, ())
        return next((place for place in places if (place.field, place.order) == (field_, order)), None)

    def seen(self, table: str, row: Row | None) -> Row | None:
        """The row, if the caller sees it."""
        return row if sees(self.world, self.me, table, row) else None


class Refused(GraphQLError):
    """A fault of the request or a right the caller lacks, with its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code, extensions={"code": code})
