"""Applications and their keys read deep, filtered and ordered are those that the plain reference finds for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from schema.applications.inputs import ApplicationOrder, ApplicationStatus
from tests.conftest import Template
from tests.reference.city import City, standing
from tests.reference.executor import Operation

ROLES = ("tenant_admin", "dispatcher", "resident")
DEEP = """{ applications(first: 20, orderBy: %s, filter: %s) { totalCount nodes { id name contact purpose scopes networks client
  status expiresAt version registeredAt organization { code } grid { code }
  keys(first: 3, filter: %s) { totalCount nodes { id hint good createdAt expiresAt revokedAt lastUsedAt application { name } } } } } }"""


def queries() -> Iterator[str]:
    statuses = ("{}", *(f"{{status: [{status.name}]}}" for status in ApplicationStatus))
    for order, status, key in product(ApplicationOrder, statuses, ("{}", "{good: true}", "{good: false}")):
        yield DEEP % (order.name, status, key)


@pytest.fixture(scope="module")
def city(migrated: Template, redis_url: str) -> Iterator[City]:
    """One city for the whole file: nothing here writes."""
    with standing(migrated, redis_url) as found:
        yield found


@pytest.mark.parametrize("username", ROLES)
def test_applications_equal_the_reference(city: City, username: str) -> None:
    for query in queries():
        body, difference = city.compare(username, Operation(query, {}))
        assert "errors" not in body, body["errors"]
        assert difference is None, f"{query}\n{difference}"


def test_administrators_alone_see_them(city: City) -> None:
    """Or the comparison above would be of nothing."""
    count = "{ applications { totalCount } }"
    seen = [city.product(username, Operation(count, {}))["data"]["applications"]["totalCount"] for username in ROLES]
    assert seen == [len(city.world.rows("application")), 0, 0]
    assert seen[0] > 20
