"""What SQL cannot do to an answer: decode values (decrypt, sign), tell what was denied, note that sensitive rows were read.

Only answers with marks (``compile``) are parsed and finished here; all others are passed on as they come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLError

from schema.context import Context
from schema.messages import message_of
from schema.planner.compile import JOINED, MARK, OBSERVED, Findings
from schema.planner.declare import OBSERVERS
from schema.planner.joining import Beside, Path, join
from schema.refusing import note_fields
from tenants.authz import lacking
from tenants.permissions import Permission

Slot = tuple[Any, Any]  # a dict or list, and the key or index in it


async def finish(
    context: Context, findings: Findings, root: tuple[str, ...], answer: Any
) -> tuple[Any, list[GraphQLError]]:
    """The answer without marks, and an error with its path for each denied field.

    Sensitive rows are noted before anything of them is decoded. Errors: whatever an observer or decoder raises.
    """
    holder = {"": answer}
    errors: list[GraphQLError] = []
    encoded: dict[int, list[Slot]] = {}
    rows: dict[str, list[list[Any]]] = {}
    joins: list[Beside] = []
    refused: set[str] = set()
    for slot, key, path in _walk(holder, "", root):
        value = slot[key]
        if findings.joined:
            joins.extend(Beside(value, name, path) for name in value if name.startswith(JOINED))
        if (seen := value.pop(OBSERVED, None)) is not None:
            rows.setdefault(seen[0], []).append(seen[1:])
        mark = value.get(MARK)
        if isinstance(mark, str):
            slot[key] = None
            errors.append(denied(context, mark, path))
            refused.add(mark)
        elif mark is not None:
            slot[key] = mark[1]
            if mark[1] is not None:
                encoded.setdefault(mark[0], []).append((slot, key))
    await note_fields(context, refused)
    for name, found in rows.items():
        await OBSERVERS[name](context, found)
    for number, slots in encoded.items():
        decoded = await findings.decoders[number](context, [slot[key] for slot, key in slots])
        for (slot, key), value in zip(slots, decoded, strict=True):
            slot[key] = value
    return holder[""], join(joins, errors)


def denied(context: Context, permission: str, path: Path) -> GraphQLError:
    """The error beside a field that is null because the viewer's roles do not include it."""
    fault = lacking(context.actor, Permission(permission))
    return GraphQLError(message_of(fault, context.language), path=list(path), extensions={"code": fault.code})


def _walk(slot: Any, key: Any, path: Path) -> Iterator[tuple[Any, Any, Path]]:
    """Every object of an answer as (container, key in it, path), an object before what it holds."""
    value = slot[key]
    if isinstance(value, list):
        for index in range(len(value)):
            yield from _walk(value, index, (*path, index))
    elif isinstance(value, dict):
        yield slot, key, path
        if MARK not in value:
            for name in value:
                yield from _walk(value, name, (*path, name))
