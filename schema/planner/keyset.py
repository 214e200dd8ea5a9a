"""Which rows lie beyond a place in an order, in forms an index can find.

An order of columns that are never null, all in one direction, is compared as a whole row: ``(a, id) > ($1, $2)``. Any
other order is cut into *ranges*, disjoint conditions that together are exactly the rows beyond; each is read from the
index by itself, which one condition full of ORs could not be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true, tuple_
from sqlalchemy.sql.selectable import FromClause

from schema.planner.declare import Key, Nulls, Sort

_OPPOSITE = {None: None, Nulls.FIRST: Nulls.LAST, Nulls.LAST: Nulls.FIRST}
_ID = "id"


@dataclass(frozen=True, slots=True)
class Keyset:
    """A total order of the rows of one table."""

    keys: tuple[Key, ...]

    def reversed(self) -> Keyset:
        """The same order from its end."""
        return Keyset(
            tuple(
                replace(key, descending=not key.descending, nulls=_OPPOSITE[key.nulls])  # and the same index, backward
                for key in self.keys
            )
        )

    def columns(self, row: FromClause) -> list[ColumnElement[Any]]:
        """What a cursor of the row holds."""
        return [row.c[key.column] for key in self.keys]

    def order_by(self, row: FromClause) -> list[ColumnElement[Any]]:
        """For ORDER BY. Columns that are never null say nothing of nulls, as their indexes do."""
        return [_ordered(row.c[key.column], key) for key in self.keys]

    def ranges(
        self, row: FromClause, bounds: Sequence[ColumnElement[Any]], *, inclusive: bool = False
    ) -> list[ColumnElement[bool]]:
        """Disjoint conditions for the rows after ``bounds`` (from it on, if inclusive), in no particular order."""
        return _ranges(self.keys, self.columns(row), bounds, inclusive=inclusive)

    def beyond(
        self, row: FromClause, bounds: Sequence[ColumnElement[Any]], *, inclusive: bool = False
    ) -> ColumnElement[bool]:
        """The ranges as one condition."""
        return or_(*self.ranges(row, bounds, inclusive=inclusive))


def keyset(sort: Sort) -> Keyset:
    """The total order a declared one makes: the id breaks ties, in the direction of the last key."""
    if sort.unique:
        return Keyset(sort.keys)
    descending = sort.keys[-1].descending if sort.keys else False
    return Keyset((*sort.keys, Key(_ID, descending=descending)))


def _ordered(column: ColumnElement[Any], key: Key) -> ColumnElement[Any]:
    ordered = column.desc() if key.descending else column.asc()
    if key.nulls is None:
        return ordered
    return ordered.nulls_first() if key.nulls is Nulls.FIRST else ordered.nulls_last()


def _ranges(
    keys: Sequence[Key],
    columns: Sequence[ColumnElement[Any]],
    bounds: Sequence[ColumnElement[Any]],
    *,
    inclusive: bool,
) -> list[ColumnElement[bool]]:
    if not keys:
        return [true()] if inclusive else []
    if _one_way(keys) and all(key.nulls is None for key in keys):
        return [_compared(columns, bounds, descending=keys[0].descending, inclusive=inclusive)]
    key, column, bound = keys[0], columns[0], bounds[0]
    rest = _ranges(keys[1:], columns[1:], bounds[1:], inclusive=inclusive)
    if _one_way(keys) and all(later.nulls is None for later in keys[1:]):
        # Comparing rows whose first value is null gives null: neither such rows nor such bounds pass.
        found = [_compared(columns, bounds, descending=key.descending, inclusive=inclusive)]
    else:
        further = _compared([column], [bound], descending=key.descending, inclusive=False)
        found = [further, *(and_(column == bound, condition) for condition in rest)]
    if key.nulls is None:
        return found
    if key.nulls is Nulls.LAST:
        found.append(and_(column.is_(None), bound.is_not(None)))
    else:
        found.append(and_(column.is_not(None), bound.is_(None)))
    return [*found, *(and_(column.is_(None), bound.is_(None), condition) for condition in rest)]


def _one_way(keys: Sequence[Key]) -> bool:
    return len({key.descending for key in keys}) == 1


def _compared(
    columns: Sequence[ColumnElement[Any]],
    bounds: Sequence[ColumnElement[Any]],
    *,
    descending: bool,
    inclusive: bool,
) -> ColumnElement[bool]:
    left, right = (columns[0], bounds[0]) if len(columns) == 1 else (tuple_(*columns), tuple_(*bounds))
    if descending:
        return left <= right if inclusive else left < right
    return left >= right if inclusive else left > right
