"""Lets finished JSON through graphql-core: a value that is already complete is not completed again."""

from __future__ import annotations

from typing import Any

import orjson
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class SplicingExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, except that JSON made by the planner passes as it is (architecture.md 4)."""

    def complete_value(self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, position_context: Any) -> Any:  # noqa: ANN401, E501, PLR0917 - graphql-core's own signature
        """Complete a value unless it is a fragment of finished JSON, or was finished by the planner."""
        if isinstance(result, orjson.Fragment | Finished):
            return result.value if isinstance(result, Finished) else result
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)


class Finished:
    """JSON-like Python data that the planner has completed itself (after decoding)."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:  # noqa: ANN401 - JSON
        self.value = value
