"""Connections by the book (Relay's cursor connections): filter, sort, cut, slice, in Python lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.reference.asking import Args, Asking, Place, Thing
from tests.reference.filters import FILTERS, WITHIN
from tests.reference.ids import TABLE_OF, split_id
from tests.reference.orders import order_of
from tests.reference.rows import Row

USUAL = 20


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection: all its rows, and its parts by the name of their fields."""

    rows: list[Row]
    parts: dict[str, Any]


def connection(asking: Asking, field: str, type_: str, rows: list[Row], args: Args) -> Connected:
    """The page of ``rows`` (of a type, visible ones only) that the arguments of a field (``Type.name``) ask for."""
    name = args.get("orderBy")
    order = order_of(type_, name)
    wanted = order.sorted([row for row in rows if matches(asking, f"{type_}Filter", args.get("filter"), row)])
    after, before = (_row(asking, field, type_, name, args.get(end)) for end in ("after", "before"))
    beyond = [row for row in wanted if after is None or order.compare(row, after) > 0]
    window = [row for row in beyond if before is None or order.compare(row, before) < 0]
    if args.get("last") is not None:
        page = window[-args["last"] :]
        more = any(before is not None and order.compare(row, before) >= 0 for row in wanted)
        around = {"hasNextPage": more, "hasPreviousPage": len(window) > len(page)}
    else:
        page = window[: USUAL if args.get("first") is None else args["first"]]
        less = any(after is not None and order.compare(row, after) <= 0 for row in wanted)
        around = {"hasNextPage": len(window) > len(page), "hasPreviousPage": less}
    nodes = [Thing(type_, row) for row in page]
    marks = [Place(field, name, row["id"], order.alone(row)) for row in page]
    ends = {"startCursor": marks[0] if marks else None, "endCursor": marks[-1] if marks else None}
    parts = {
        "nodes": nodes,
        "edges": [{"cursor": mark, "node": node} for mark, node in zip(marks, nodes, strict=True)],
        "pageInfo": {**around, **ends},
        "totalCount": len(wanted),
    }
    return Connected(wanted, parts)


def matches(asking: Asking, filter_type: str, given: Args | None, row: Row) -> bool:
    """Whether the row has all that is asked; what is null is not asked."""
    asked = {name: value for name, value in (given or {}).items() if value is not None}
    within = WITHIN.get(filter_type, {})
    for name, value in asked.items():
        if name in within:
            if not matches(asking, within[name], value, row):
                return False
            continue
        condition = FILTERS[filter_type][name]
        if not condition.matches(asking, row, value if condition.prefix is None else _row_id(value)):
            return False
    return True


def _row_id(value: str) -> UUID:
    """The row that a public id names; others were refused before (``refusals``)."""
    found = split_id(value)
    assert found is not None
    return found[1]


def _row(asking: Asking, field: str, type_: str, order: str | None, cursor: str | None) -> Row | None:
    """The row that a cursor stands for, whoever may see it."""
    if cursor is None:
        return None
    found = asking.place(cursor, field, order)
    assert found is not None
    row = asking.world.one(TABLE_OF[type_], found.id)
    assert row is not None
    return row
