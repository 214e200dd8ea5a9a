"""Questions about the schema itself are bounded in width, by what they would answer."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from graphql import execute_sync, get_introspection_query, parse

from schema.documents import described
from schema.documents.described import Descriptions
from schema.documents.introspection import introspects_too_much
from schema.documents.limits import LIMITS, MAX_INTROSPECTED, MAX_INTROSPECTED_BESIDE_DATA
from schema.documents.memory import Checked, Documents
from tests.schema.documents.costing import core, valid


def fields(value: Any) -> int:
    """How many fields an answer has."""
    if isinstance(value, dict):
        return sum(1 + fields(each) for each in value.values())
    return sum(map(fields, value)) if isinstance(value, list) else 0


def answered(text: str, **variables: Any) -> int:
    """Fields below the root fields, as graphql-core answers them, deprecated ones included."""
    result = execute_sync(core(), parse(text), variable_values=variables)
    assert result.data is not None
    return fields(result.data) - len(result.data)


def is_too_much(checked: Checked, most: int) -> bool:
    """Whether a valid document asks for more."""
    return introspects_too_much(core(), checked.operations, checked.fragments, most)


EXACT = {
    "types": "{ __schema { types { name fields(includeDeprecated: true) { name args { name type { name } } } } } }",
    "wrappers": '{ __type(name: "Case") { fields(includeDeprecated: true) { type { name ofType { kind } } } } }',
    "inputs": '{ __type(name: "CaseFilter") { inputFields { name defaultValue type { ofType { name } } } } }',
    "words": "{ __schema { types { enumValues(includeDeprecated: true) { name } possibleTypes { name } } } }",
    "interfaces": '{ __type(name: "Node") { possibleTypes { name interfaces { name } } } }',
    "roots": "{ __schema { queryType { name } mutationType { name } subscriptionType { name } } }",
    "directives": "{ __schema { description directives { name locations args { name } } } }",
    "no such type": '{ __type(name: "Nothing") { name } }',
    "by a variable": "query($n: String!) { __type(name: $n) { fields(includeDeprecated: true) { name } } }",
    "nothing of it": "{ __typename viewer { username } }",
    "twice": '{ a: __type(name: "Case") { name } b: __type(name: "Grid") { name kind } }',
    "fragments": "{ __schema { ...S } } fragment S on __Schema { types { ...T } ... { types { ...T } } } "
    "fragment T on __Type { name }",
}


@pytest.mark.parametrize("name", EXACT)
def test_fields_are_counted_as_they_are_answered(name: str) -> None:
    checked = valid(EXACT[name])
    largest = max(core().type_map.values(), key=lambda type_: len(getattr(type_, "fields", ())))
    many = 0 if name == "nothing of it" else answered(EXACT[name], n=largest.name)
    if name == "fragments":
        many = 2 + 2 * len(core().type_map)  # the same field twice is answered once, but counted twice
    assert not is_too_much(checked, many)
    assert many == 0 or is_too_much(checked, many - 1)


def test_the_answer_to_tools_is_allowed_with_room_to_grow() -> None:
    text = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, schema_description=True)
    assert answered(text) < MAX_INTROSPECTED * 0.9
    assert valid(text).errors == ()


def test_all_types_under_many_names_are_refused() -> None:
    once = "a{n}: types {{ name fields {{ name args {{ name }} type {{ name }} }} }} "
    text = "{ __schema { " + "".join(once.format(n=n) for n in range(30)) + "} }"
    (error,) = Documents(core()).check(text, LIMITS["standard"]).errors
    assert error.extensions == {"code": "QUERY_TOO_COMPLEX", "limit": "introspected", "allowed": MAX_INTROSPECTED}


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { types { fields { name type { name } args { name } } } } viewer { username } }",
        "{ ...A viewer { username } } fragment A on Query { __schema { types { fields { name type { name } args { name } } } } }",
    ],
    ids=["plain", "by a fragment"],
)
def test_beside_data_less_may_be_asked(text: str) -> None:
    (error,) = Documents(core()).check(text, LIMITS["standard"]).errors
    told = {"code": "QUERY_TOO_COMPLEX", "limit": "introspected", "allowed": MAX_INTROSPECTED_BESIDE_DATA}
    assert error.extensions == told
    assert valid(text.replace("viewer { username }", "__typename")).errors == ()


async def test_answers_about_the_schema_are_those_of_the_executor_and_remembered() -> None:
    found = Descriptions(core())
    text = "query($n: String!, $all: Boolean = false) { __typename __type(name: $n) { fields(includeDeprecated: $all) { name } } }"
    checked = valid(text)
    for name in ("Case", "Grid", "Nothing"):
        for _ in range(2):
            data, errors = await found.answer(checked, checked.operation(None), {"n": name, "all": True})
            told = execute_sync(core(), parse(text), variable_values={"n": name, "all": True})
            assert (orjson.loads(data or b""), errors) == (told.data, [])
    assert len(found._kept) == 3


async def test_the_memory_of_answers_about_the_schema_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(described, "KEPT_BYTES", 200)
    found, checked = Descriptions(core()), valid("query($n: String!) { __type(name: $n) { name } }")
    for number in range(50):
        await found.answer(checked, checked.operation(None), {"n": f"Type{number}"})
    assert found._weight == sum(map(len, found._kept.values()))
    assert 0 < found._weight <= 200
