"""Every table of the product in one metadata, for the migrations and for tests that walk all tables."""

from __future__ import annotations

from server.tables import AREAS, metadata

__all__ = ["AREAS", "metadata"]
