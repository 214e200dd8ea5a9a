from __future__ import annotations

from tests.fixtures.sending import web
from tests.fixtures.town import founded, town

__all__ = ["founded", "town", "web"]
