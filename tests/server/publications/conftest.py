"""Jiamusi with people, and a case of it that is rated and waits for its publication."""

from __future__ import annotations

from tests.server.cases.conftest import jiamusi

__all__ = ["jiamusi"]
