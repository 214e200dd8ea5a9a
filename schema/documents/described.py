"""Answers about the schema itself: made beside the event loop, and remembered, because they depend on nothing else."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, execute_sync

from schema.aside import aside
from schema.documents.memory import Checked

KEPT_ANSWERS = 64
KEPT_BYTES = 4_000_000
Answered = tuple[bytes | None, list[GraphQLError]]


class Descriptions:
    """Answers operations that ask for nothing but ``__schema`` and ``__type`` (``introspection.only_introspects``)."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._weight = 0
        self._making = asyncio.Lock()

    async def answer(
        self, checked: Checked, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> Answered:
        """``data`` as JSON, None with errors that nullify it; ``variables`` are coerced: names and flags, no more."""
        name = operation.name.value if operation.name else None
        key = (checked.text, name, *sorted(variables.items()))
        if (kept := self._found(key)) is not None:
            return kept, []
        async with self._making:
            if (kept := self._found(key)) is not None:  # made by whoever was waited for
                return kept, []
            data, errors = await aside(lambda: self._made(checked, name, variables))
            if data is not None and not errors:
                self._keep(key, data)
        return data, errors

    def _found(self, key: tuple[Any, ...]) -> bytes | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def _made(self, checked: Checked, name: str | None, variables: Mapping[str, Any]) -> Answered:
        if checked.document is None:
            raise TypeError
        result = execute_sync(self._schema, checked.document, variable_values=dict(variables), operation_name=name)
        return None if result.data is None else orjson.dumps(result.data), result.errors or []

    def _keep(self, key: tuple[Any, ...], data: bytes) -> None:
        self._kept[key] = data
        self._weight += len(data)
        while len(self._kept) > KEPT_ANSWERS or self._weight > KEPT_BYTES:
            _, forgotten = self._kept.popitem(last=False)
            self._weight -= len(forgotten)
