from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Template
from tests.fixtures.town import Founded, found, town
from tests.server.intake.documents import daye_with_departments

__all__ = ["founded", "town"]


@pytest.fixture(scope="session")
def founded(migrated: Template) -> Founded:
    """Daye with departments, channels and reports without a name."""
    return asyncio.run(found(migrated, daye_with_departments()))
