"""Executes a document that says everything at once, which the limits of no client plan would let in."""

from __future__ import annotations

import dataclasses
from functools import cache

from strawberry.types import ExecutionResult

from schema.context import Context
from schema.documents.limits import Limits
from schema.documents.memory import Documents
from schema.root import schema

_BOUNDLESS = Limits(tokens=20_000, depth=100, aliases=1_000, values=1_000, fields=1_000, selected=5_000)


async def executed(context: Context, query: str) -> ExecutionResult:
    """What graphql-core's executor answers to a valid document."""
    checked = _documents().check(query, _BOUNDLESS)
    assert not checked.errors, (query, checked.errors)
    answer = await schema().execute(query, context_value=dataclasses.replace(context, checked=checked))
    assert isinstance(answer, ExecutionResult)
    return answer


@cache
def _documents() -> Documents:
    """One memory for all tests: a document is often asked by one after another."""
    return Documents(schema()._schema)
