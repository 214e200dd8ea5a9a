"""Reads whose rows are no type of the graph: written in ``server``, guarded by the same predicates, run like every read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy import ColumnElement
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import TypeEngine

from schema.context import Context
from schema.planner.binding import Parameters
from tenants.context import Actor
from tenants.viewer import Viewer

Written = Callable[[Viewer, Mapping[str, BindParameter[Any]]], ColumnElement[Any]]


async def ask(
    context: Context,
    actor: Actor,
    name: str,
    written: Written,
    *,
    types: Mapping[str, TypeEngine[Any]],
    values: Mapping[str, Any],
) -> Any:
    """The JSON values that a statement answers with, None for null.

    written: makes it of the viewer and the parameters by name. types: of these parameters. ``name`` tells such statements
    apart.
    """

    def build(viewer: Viewer, parameters: Parameters) -> ColumnElement[Any]:
        return written(viewer, {word: parameters.own(word, type_) for word, type_ in types.items()})

    text = await context.services.reads.raw(actor, name, build, values)
    return None if text is None else orjson.loads(text)
