"""A small Daye that makes the results of its service orders public."""

from __future__ import annotations

import asyncio

import pytest

from tenants.manifest import shipped
from tests.conftest import Template
from tests.fixtures.town import Founded, found, town

__all__ = ["town"]
PUBLISHING = "    direct_dispatch: false\n    publishes: true\n"


@pytest.fixture(scope="session")
def founded(migrated: Template) -> Founded:
    document = shipped.text("daye").replace("    direct_dispatch: false\n", PUBLISHING, 1)
    return asyncio.run(found(migrated, document))
