from __future__ import annotations

from tests.schema.tenants.conftest import founded, operators, town, town_operator

__all__ = ["founded", "operators", "town", "town_operator"]
