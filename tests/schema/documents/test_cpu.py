"""No body of up to 100 kB keeps the event loop for 100 ms before it is executed or refused.

Machines differ and are busy, so time is measured in processor time, and against a loop that takes 10 ms where the
promise was made: a check may take as long as ten of these. Each is tried until it is fast enough, a few times at most,
which makes it the best of several and forgives a machine that is interrupted.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import orjson
import pytest
from graphql import GraphQLError, execute_sync, get_variable_values

from schema.documents.cost import Costs
from schema.documents.limits import LIMITS
from schema.documents.memory import Documents
from schema.documents.variables import bounded
from tenants.clients import Plan
from tests.schema.documents import corpus
from tests.schema.documents.costing import core, valid

ALLOWED = 10.0
TRIES = 6
PLANS: tuple[Plan, ...] = ("standard", "extended")
DOCUMENTS = dict(corpus.documents())
VARIABLES = dict(corpus.variables())
ASKING = """
query($filter: CaseFilter, $first: Int! = 20, $ids: [ID!]! = []) {
  cases(first: $first, filter: $filter) { nodes { id } } nodes(ids: $ids) { id }
}
"""


def reference() -> float:
    """Seconds for work like that of a parser: dictionaries, tuples and small strings."""
    begun = time.process_time()
    found: dict[int, tuple[int, str]] = {}
    for number in range(60_000):
        found[number % 1000] = (number, str(number))
    return time.process_time() - begun


def times_the_reference(work: Callable[[], object]) -> float:
    """How many times as long as the reference the work takes; the least of the tries needed."""
    return _compared(work, reference, ALLOWED)


def _compared(work: Callable[[], object], other: Callable[[], float], allowed: float) -> float:
    best, loop = float("inf"), float("inf")
    for _ in range(TRIES):
        loop = min(loop, other())
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
        if best / loop < allowed:
            break
    return best / loop


def test_the_corpus_is_what_it_says() -> None:
    sizes = [len(text) for text in DOCUMENTS.values()]
    assert len(sizes) >= 90
    assert max(sizes) <= corpus.SIZE
    assert sum(size > corpus.SIZE * 0.9 for size in sizes) >= 25


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_admitted_or_refused_in_time(name: str, plan: Plan) -> None:
    def admit() -> None:
        checked = Documents(core()).check(DOCUMENTS[name], LIMITS[plan])
        orjson.dumps([error.formatted for error in checked.errors])
        for operation in checked.operations:
            Costs(core()).of(checked, operation, {})

    assert times_the_reference(admit) < ALLOWED


@pytest.mark.parametrize("name", [name for name, text in DOCUMENTS.items() if "__schema" in text])
def test_nothing_about_the_schema_takes_much_longer_than_all_of_it(name: str) -> None:
    """graphql-core needs about 80 ms for what the usual tools ask, and could be made to work for many seconds."""
    usual = valid(DOCUMENTS["introspection"]).document
    assert usual is not None
    checked = Documents(core()).check(DOCUMENTS[name], LIMITS["extended"])
    document = checked.document
    if document is None:
        assert checked.errors
        return

    def tell() -> float:
        begun = time.process_time()
        execute_sync(core(), usual)
        return time.process_time() - begun

    assert _compared(lambda: execute_sync(core(), document), tell, 3.0) < 3.0


@pytest.mark.parametrize("name", VARIABLES)
def test_variables_are_admitted_or_refused_in_time(name: str) -> None:
    definitions = list(valid(ASKING).operation(None).variable_definitions or ())

    def admit() -> None:
        given = orjson.loads(orjson.dumps(VARIABLES[name]))
        try:
            bounded(given)
        except GraphQLError as error:
            orjson.dumps(error.formatted)
            return
        values = get_variable_values(core(), definitions, given, max_errors=10, hide_suggestions=True)
        errors = values if isinstance(values, list) else []
        orjson.dumps([error.formatted for error in errors])

    assert times_the_reference(admit) < ALLOWED


def test_reading_stops_where_the_limit_is_reached() -> None:
    """Five times the text takes no longer, once there are more tokens than are allowed."""
    short, long = ("{" + "username " * times + "}" for times in (2_100, 11_000))

    def read(text: str) -> float:
        begun = time.process_time()
        checked = Documents(core()).check(text, LIMITS["standard"])
        taken = time.process_time() - begun
        assert [(error.extensions or {})["limit"] for error in checked.errors] == ["tokens"]
        return taken

    assert min(read(long) for _ in range(7)) < 2 * min(read(short) for _ in range(7))
