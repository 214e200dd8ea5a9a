"""One page of rows: read in its order from a cursor on, never more than asked and one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, Select, func, literal_column, select, union_all
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.selectable import FromClause, Subquery

from schema.planner.cursors import Cursors
from schema.planner.keyset import Keyset
from schema.planner.window import Window

if TYPE_CHECKING:
    from schema.planner.compile import Compiler


class Page:
    """A page as a subquery. Its rows come in the connection's order, whichever end they are read from.

    wanted: which rows of ``table`` the connection is made of. more: read one row more, to know whether there is one.
    placed: number the rows in the order they are read.
    """

    def __init__(
        self,
        compiler: Compiler,
        order: Keyset,
        cursors: Cursors,
        table: FromClause,
        wanted: ColumnElement[bool],
        window: Window,
        *,
        more: bool,
        placed: bool,
    ) -> None:
        self._compiler, self._cursors, self._table, self._wanted = compiler, cursors, table, wanted
        self._order, self._window, self._more = order, window, more
        self._reading = order.reversed() if window.backward else order
        self._start = None if window.start is None else cursors.bounds(compiler.parameters, window.start)
        self.size: ColumnElement[int] = (
            compiler.parameters.add(window.size, Integer())
            if window.known is None
            else literal_column(str(window.known), Integer())
        )
        self.row = self._rows(placed=placed or more or window.backward)

    def collect(self, json: ColumnElement[Any]) -> ColumnElement[Any]:
        """All objects of the page as one JSON array."""
        return func.coalesce(self._kept(func.json_agg(json)), literal_column("'[]'::json"))

    def cursor(self) -> ColumnElement[str]:
        """The cursor of a row of the page."""
        return self._cursors.of(self._order.columns(self.row))

    def goes_on(self) -> ColumnElement[bool]:
        """Whether there are more rows in the direction of reading, within the window."""
        return func.count() > self.size

    def came_from(self) -> ColumnElement[bool]:
        """Whether there are rows on the other side of the cursor where reading began: one probe of the index."""
        if self._start is None:
            return literal_column("false")
        back = self._reading.reversed()
        ranges = back.ranges(self._table, self._start, inclusive=True)
        probe = _in_order(self._compiler, self._table, back, [self._wanted], ranges, literal_column("1"))
        return (
            select(literal_column("1"))
            .select_from(probe.subquery(self._compiler.name("p")))
            .scalar_subquery()
            .is_not(None)
        )

    def end(self, *, first: bool) -> ColumnElement[str]:
        """The cursor of the first or last row of the page, null of an empty one."""
        place = self.row.c.place_in_page
        if first is not self._window.backward:
            return func.min(self.cursor()).filter(place == literal_column("1"))
        furthest: Any = aggregate_order_by(self.cursor(), place.desc())
        ends: ColumnElement[str] = self._kept(func.array_agg(furthest))[literal_column("1")]
        return ends

    def _kept(self, aggregate: Any) -> Any:
        """The aggregate over the rows of the page, without the one row more."""
        return aggregate.filter(self.row.c.place_in_page <= self.size) if self._more else aggregate

    def _rows(self, *, placed: bool) -> Subquery:
        compiler, reading = self._compiler, self._reading
        name = compiler.name("p")
        limit = self.size + literal_column("1") if self._more else self.size
        wanted = [self._wanted]
        if self._window.end is not None:
            bounds = self._cursors.bounds(compiler.parameters, self._window.end)
            wanted.append(reading.reversed().beyond(self._table, bounds))
        ranges = [] if self._start is None else reading.ranges(self._table, self._start)
        rows = _in_order(compiler, self._table, reading, wanted, ranges, limit)
        if placed:
            page = rows.subquery(f"{name}_page")
            place = func.row_number().over().label("place_in_page")
            rows = select(page, place).correlate(*compiler.rows)
            if self._window.backward:
                rows = rows.order_by(place.desc())
        return rows.subquery(f"{name}_rows")


def _in_order(
    compiler: Compiler,
    table: FromClause,
    order: Keyset,
    wanted: Sequence[ColumnElement[bool]],
    ranges: Sequence[ColumnElement[bool]],
    limit: ColumnElement[int],
) -> Select[Any]:
    """The first rows in an order. Several ranges are each read in order from an index, and merged."""
    parts = [
        select(table).where(*wanted, *only).order_by(*order.order_by(table)).limit(limit).correlate(*compiler.rows)
        for only in ([[range_] for range_ in ranges] or [[]])
    ]
    if len(parts) == 1:
        return parts[0]
    merged = union_all(*parts).subquery(compiler.name("p"))
    return select(merged).order_by(*order.order_by(merged)).limit(limit).correlate(*compiler.rows)
