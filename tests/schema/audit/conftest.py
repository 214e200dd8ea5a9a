from __future__ import annotations

from tests.fixtures.town import founded, town

__all__ = ["founded", "town"]
