"""Values worth asking with: what the city's rows hold, what another city's rows hold, and what nobody holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from graphql import GraphQLEnumType, GraphQLInputType, GraphQLNamedType, get_named_type
from hypothesis import strategies as st

from tests.reference.asking import Asking
from tests.reference.executor import instant
from tests.reference.filters import FILTERS
from tests.reference.ids import PREFIX_OF, TABLE_OF
from tests.reference.rows import Row, World

Draw = Callable[[st.SearchStrategy[Any]], Any]
_NOBODY = UUID("0192f3c4-0000-7000-8000-000000000000")
_ODD_IDS = (
    "",
    "x",
    "case",
    "case_",
    f"_{_NOBODY}",
    f"case_{str(_NOBODY)[1:]}",
    "7",
    "grid_0192f3c4",
    f"robot_{_NOBODY}",
)
_ODD_TEXTS = ("", "x", "' or 1=1 --", '"quoted\\"', "谢谢", "%", "line\ntwo", "\x00", "🙂", "null")
_ODD_CURSORS = ("", "x", "W10=", "bnVsbA==", "[]", "谢谢", "\x00")
_SOME_TIME = datetime(2026, 6, 1, tzinfo=UTC)
_FIRST = (3, 2, 5, 1, 4, 2, 3, 8, 20)
_FIRST_BELOW = (2, 1, 3, 2, 1, 2, 5)
_FIRST_RARE = (100, 0, 101, -1, 50, 2_147_483_647)


@dataclass(frozen=True, slots=True)
class Where:
    """Where a value stands. field: ``Type.name``. rows: the type it leads to. name: of the argument or filter field.

    depth: pages around it. within: the filter input it stands in, and a row that the question is made up after.
    """

    field: str
    rows: str
    name: str
    depth: int = 0
    order: str | None = None
    within: str | None = None
    row: Row | None = None


@dataclass(slots=True, repr=False)
class Words:
    """Draws values. Errors: KeyError for a filter field the reference knows and that has no words yet."""

    world: World
    seen: dict[str, list[Row]]
    ids: dict[str, list[str]]
    foreign: dict[str, list[str]]
    cursors: dict[tuple[str, str | None], list[str]] = field(default_factory=dict)

    def row(self, draw: Draw, type_: str) -> Row | None:
        """A row to ask about: mostly one that the caller sees."""
        every, seen = self.world.rows(TABLE_OF[type_]), self.seen[type_]
        rows = seen if seen and draw(st.integers(0, 5)) else every
        return rows[draw(st.integers(0, len(rows) - 1))]

    def draw(self, draw: Draw, type_: GraphQLInputType, where: Where) -> Any:
        """A JSON value for a leaf of an input."""
        named = get_named_type(type_)
        if where.within is not None:
            return self._asked(draw, named, where)
        if where.name in {"first", "last"}:
            return self._size(draw, where.depth)
        if where.name in {"after", "before"}:
            return self._cursor(draw, where)
        if named.name == "ID":
            prefix = draw(st.sampled_from(sorted(self.ids))) if where.rows == "Node" else PREFIX_OF[where.rows]
            return self._id(draw, prefix, None)
        raise KeyError(f"no words for {where.field}({where.name})")

    def _asked(self, draw: Draw, named: GraphQLNamedType, where: Where) -> Any:
        """What the row has, or, sometimes, something else."""
        assert where.within is not None
        condition = FILTERS[where.within][where.name]
        held = None if where.row is None else condition.sample(self.world, where.row)
        if condition.prefix is not None:
            return self._id(draw, condition.prefix, held)
        if isinstance(named, GraphQLEnumType):
            return held if held is not None and draw(st.integers(0, 3)) else draw(st.sampled_from(sorted(named.values)))
        if named.name == "String":
            return self._text(draw, held, search=condition.search)
        if named.name == "Int":
            return (held or 0) + draw(st.sampled_from((0, 0, 1, -1)))
        if named.name == "DateTime":
            return _instant(draw, held or _SOME_TIME)
        if named.name == "Date":
            return ((held or _SOME_TIME.date()) + timedelta(days=draw(st.sampled_from((0, 0, 1, -1))))).isoformat()
        raise KeyError(f"no words for {where.within}.{where.name}")

    def _text(self, draw: Draw, held: str | None, *, search: bool) -> str:
        if held is None or draw(st.integers(0, 30)) == 30:
            return str(draw(st.sampled_from(_ODD_TEXTS)))
        if search and held:
            start = draw(st.sampled_from([0, *[at for at, letter in enumerate(held) if letter in "- "]]))
            length = draw(st.sampled_from((len(held), 2, 1, 3, 6)))
            return held[start : start + length].upper()
        return held

    def _id(self, draw: Draw, prefix: str, held: UUID | None) -> str:
        way = draw(st.sampled_from(("own",) * 40 + ("foreign",) * 3 + ("nobody", "other", "odd")))
        if way == "odd":
            return str(draw(st.sampled_from(_ODD_IDS)))
        if way == "nobody":
            return f"{prefix}_{_NOBODY}"
        if way == "own" and held is not None:
            return f"{prefix}_{held}"
        if way == "other":
            prefix = draw(st.sampled_from(sorted(self.ids)))
        known = self.foreign if way == "foreign" else self.ids
        ids = known.get(prefix) or self.ids[prefix]
        return ids[draw(st.integers(0, len(ids) - 1))]

    def _size(self, draw: Draw, depth: int) -> int:
        usual = _FIRST_BELOW if depth else _FIRST
        rare = draw(st.integers(0, 60)) == 60
        return int(draw(st.sampled_from(_FIRST_RARE if rare else usual)))

    def _cursor(self, draw: Draw, where: Where) -> str:
        way = draw(st.sampled_from(("own",) * 30 + ("other", "odd")))
        if way == "odd":
            return str(draw(st.sampled_from(_ODD_CURSORS)))
        place = draw(st.sampled_from(sorted(self.cursors, key=str))) if way == "other" else (where.field, where.order)
        known = self.cursors[place]
        return known[draw(st.integers(0, len(known) - 1))]


def _instant(draw: Draw, held: datetime) -> str:
    shifted = held + timedelta(seconds=draw(st.sampled_from((0, 0, 1, -1))))
    hours = draw(st.sampled_from((0, 8, -3)))
    return instant(shifted.astimezone(timezone(timedelta(hours=hours))))


def words_of(asking: Asking, neighbor: World) -> Words:
    """The words of a city for one caller."""

    def ids(of: World) -> dict[str, list[str]]:
        return {
            prefix: sorted(f"{prefix}_{row['id']}" for row in of.rows(TABLE_OF[type_]))
            for type_, prefix in PREFIX_OF.items()
        }

    seen = {
        type_: [row for row in asking.world.rows(table) if asking.seen(table, row)] for type_, table in TABLE_OF.items()
    }
    found = Words(asking.world, seen, ids(asking.world), ids(neighbor))
    for cursor, places in asking.cursors.items():
        for place in places:
            found.cursors.setdefault((place.field, place.order), []).append(cursor)
    return found
