"""One row's values for the platform's own use, read and guarded like everything, by the planner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Text, Uuid

from schema.context import Context
from schema.planner.binding import Parameters
from tenants.viewer import Viewer

Expression = Callable[[Viewer, ColumnElement[Any]], ColumnElement[Any]]
"""Of the viewer and an id: the JSON of what the viewer may see of the row, null when that is nothing."""


async def read_one(context: Context, name: str, of: Expression, id_: UUID) -> Any:
    """What ``of`` says of the row with the id. ``name`` tells such reads apart."""

    def build(viewer: Viewer, parameters: Parameters) -> ColumnElement[Any]:
        return of(viewer, parameters.own("id", Uuid()))

    text = await context.services.reads.raw(context.require_actor(), name, build, {"id": id_})
    return None if text is None else orjson.loads(text)


async def read_named(context: Context, name: str, of: Expression, value: str) -> Any:
    """The same of the row that a text names, its path or its code; None for a text that nothing is named by."""

    def build(viewer: Viewer, parameters: Parameters) -> ColumnElement[Any]:
        return of(viewer, parameters.own("named", Text()))

    if not value.isprintable():
        return None
    text = await context.services.reads.raw(context.require_actor(), name, build, {"named": value})
    return None if text is None else orjson.loads(text)
