"""Rows of several tables written in one statement, which is one round trip and one look of the planner.

``WITH part_0 AS (INSERT ...), part_1 AS (INSERT ...) SELECT 1``: foreign keys are looked at when the statement has
ended, so the rows may refer to each other in any order. Each INSERT names its tenant and ends in RETURNING, which lets
the statement run where the tables are distributed (citus.md rules 5 and 12).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, inspect, literal_column, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.types import TypeEngine

from tenants.db import Base
from tenants.sessions import WriteSession
from tenants.statements import Prepared

KEPT = 256
Bind = Callable[[str, TypeEngine[Any]], BindParameter[Any]]
_PREPARED: OrderedDict[Hashable, Prepared] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Part:
    """One INSERT among others: made by ``build``, which asks for a parameter by its name in ``values``.

    shape: all that ``build`` looks at besides; equal shapes are one statement.
    """

    build: Callable[..., Insert]
    values: Mapping[str, object]
    shape: tuple[Hashable, ...] = ()


async def insert_together(session: WriteSession, *parts: Part | Base) -> None:
    """Insert new rows of one tenant, in one statement. Errors: the database's own, for the first fault it finds.

    Rows are objects that no session holds, and none will: changing one later changes nothing. What the session holds
    unwritten is not written before.
    """
    found = [part if isinstance(part, Part) else row_part(part) for part in parts]
    values = {f"p{place}_{name}": value for place, part in enumerate(found) for name, value in part.values.items()}
    await _prepared(tuple((part.build, part.shape) for part in found)).run(session, values)


def row_part(row: Base) -> Part:
    """The INSERT of one row: the columns that were given a value or have a default of the model; the rest are null."""
    given: dict[str, object] = {}
    for name, default in _columns(type(row)):
        if name in row.__dict__:
            given[name] = row.__dict__[name]
        elif default is not None:
            given[name] = default()
    return Part(_row, given, (type(row), tuple(given)))


_COLUMNS: dict[type[Base], tuple[tuple[str, Callable[[], object] | None], ...]] = {}


def _columns(model: type[Base]) -> tuple[tuple[str, Callable[[], object] | None], ...]:
    """The columns of a model with what makes their default."""
    known = _COLUMNS.get(model)
    if known is None:
        attributes = inspect(model).column_attrs
        known = tuple((attribute.key, _default(attribute.columns[0].default)) for attribute in attributes)
        _COLUMNS[model] = known
    return known


def _default(default: Any) -> Callable[[], object] | None:
    if default is None:
        return None
    value = default.arg
    return (lambda: value(None)) if default.is_callable else (lambda: value)  # SQLAlchemy hands callables a context


def _row(bind: Bind, model: type[Base], names: tuple[str, ...]) -> Insert:
    table = model.__table__
    return insert(model).values({name: bind(name, table.c[name].type) for name in names})


def _prepared(key: tuple[tuple[Callable[..., Insert], tuple[Hashable, ...]], ...]) -> Prepared:
    known = _PREPARED.get(key)
    if known is not None:
        _PREPARED.move_to_end(key)
        return known
    made = _PREPARED[key] = Prepared(select(literal_column("1")).add_cte(*(_arm(*each) for each in enumerate(key))))
    if len(_PREPARED) > KEPT:
        _PREPARED.popitem(last=False)
    return made


def _arm(place: int, part: tuple[Callable[..., Insert], tuple[Hashable, ...]]) -> Any:
    build, shape = part

    def bind(name: str, type_: TypeEngine[Any]) -> BindParameter[Any]:
        return bindparam(f"p{place}_{name}", type_=type_)

    made = build(bind, *shape)
    return made.returning(made.table.c.tenant_id).cte(f"part_{place}")
