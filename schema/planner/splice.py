"""graphql-core's executor with two changes: finished JSON passes as it is, and errors leave only as ``schema.errors``
presents them.
"""

from __future__ import annotations

from typing import Any

import orjson
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.errors import present


class Finished:
    """JSON-like Python data that the planner has completed itself (after decoding)."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class SplicingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes operations; what the planner returns is not completed again (architecture.md 4)."""

    def complete_value(self, *args: Any) -> Any:
        """Complete a value unless it is a fragment of finished JSON, or was finished by the planner."""
        result = args[4]
        if isinstance(result, orjson.Fragment):
            return result
        if isinstance(result, Finished):
            return result.value
        return super().complete_value(*args)

    def handle_field_error(self, raw_error: Exception, *args: Any) -> None:
        """Present the error before it is located and collected."""
        super().handle_field_error(present(raw_error, self.context_value), *args)
