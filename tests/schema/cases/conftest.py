from __future__ import annotations

from tests.fixtures.town import town

__all__ = ["town"]
