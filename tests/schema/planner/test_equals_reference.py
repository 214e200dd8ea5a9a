"""Whatever is asked, the compiled reads answer as plain graphql-core over plain rows does (``tests.reference``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings

from tests.conftest import Template
from tests.reference import schema
from tests.reference.city import City, standing
from tests.reference.comparing import objects
from tests.reference.executor import Operation
from tests.reference.operations import operations

ROLES = ("dispatcher", "community_secretary", "grid_worker", "resident", "tenant_admin")
SHORT, LONG = 60, 2_000
MOST_REFUSED = 0.3
MOST_ESTIMATED = 10
_TOO_MUCH = {"QUERY_TOO_COMPLEX"}


@pytest.fixture(scope="module")
def city(migrated: Template, redis_url: str) -> Iterator[City]:
    """One city for the whole file: nothing here writes."""
    with standing(migrated, redis_url) as found:
        yield found


@dataclass(slots=True)
class Tally:
    """What became of the operations of one run. estimates: requested cost by actual cost of each."""

    asked: int = 0
    refused: int = 0
    found: int = 0
    estimates: list[float] = field(default_factory=list)

    def count(self, body: dict[str, Any]) -> None:
        """Take down an answer; every one with data tells its cost, and never holds more than was charged for."""
        cost = body["extensions"]["cost"]
        assert objects(body["data"]) <= cost["requestedQueryCost"]
        assert 0 <= cost["actualQueryCost"] <= cost["requestedQueryCost"]
        self.found += objects(body["data"])
        self.estimates.append(cost["requestedQueryCost"] / max(1, cost["actualQueryCost"]))

    def check(self) -> None:
        """Enough was answered to mean something, and the estimates are of use."""
        assert self.refused < MOST_REFUSED * self.asked
        assert self.found > 2 * self.asked
        assert median(self.estimates) <= MOST_ESTIMATED


def test_the_reference_knows_every_word_of_the_schema() -> None:
    """A field, argument, filter or order that is new has to be explained to the reference as well."""
    assert schema.unknown() == []


@pytest.mark.parametrize("username", ROLES)
def test_answers_equal_the_reference(city: City, username: str) -> None:
    _compare(city, username, SHORT)


@pytest.mark.slow
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("username", ROLES)
def test_answers_equal_the_reference_in_the_long_run(city: City, username: str) -> None:
    _compare(city, username, LONG)


def _compare(city: City, username: str, examples: int) -> None:
    tally = Tally()

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(operations(city.words(username)))
    def compare(operation: Operation) -> None:
        note(f"{username} asks, as operation {operation.name}, with {operation.variables}:\n{operation.document}")
        body, difference = city.compare(username, operation)
        tally.asked += 1
        if {error["extensions"]["code"] for error in body.get("errors", [])} & _TOO_MUCH:
            tally.refused += 1
            return
        assert difference is None, difference
        if body.get("data") is not None:
            tally.count(body)

    compare()
    tally.check()
