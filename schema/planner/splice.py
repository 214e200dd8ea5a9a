"""graphql-core's executor with two changes: finished JSON passes as it is, and errors leave only as ``schema.errors``
presents them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.errors import present


class Finished:
    """A value the planner has completed itself: a fragment of JSON, or JSON-like data after decoding.

    errors: what was denied within it; each has its own path.
    """

    __slots__ = ("errors", "value")

    def __init__(self, value: Any, errors: Sequence[GraphQLError] = ()) -> None:
        self.value = value
        self.errors = errors


class SplicingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes operations; what the planner returns is not completed again (architecture.md 4)."""

    def complete_value(self, *args: Any) -> Any:
        """Complete a value unless the planner has; graphql-core's own signature, the result is the fifth."""
        result = args[4]
        if isinstance(result, Finished):
            self.collected_errors.errors.extend(result.errors)
            if result.value is not None:
                return result.value
            args = (*args[:4], None, *args[5:])
        return super().complete_value(*args)

    def handle_field_error(self, raw_error: Exception, *args: Any) -> None:
        """Present the error before it is located and collected."""
        super().handle_field_error(present(raw_error, self.context_value), *args)
