"""What clients send as values is not quoted back: neither from variables nor from documents."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, get_variable_values
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.documents.limits import LIMITS
from schema.documents.memory import Documents
from schema.errors import request_error
from schema.root import schema
from schema.scalars import INSTANT_RULES
from schema.unspoken import without_values

SIGN_IN = "mutation($input: SignInInput!) { signIn(input: $input) { signedIn: userErrors { code } } }"
CASES = "query($n: Int, $o: CaseOrder!, $f: CaseFilter) { cases(first: $n, orderBy: $o, filter: $f) { totalCount } }"
INPUT = "Variable '$input' has invalid value: Expected value of type 'SignInInput'"
SECRET = "correct horse battery"

VARIABLES: list[tuple[str, Any, list[str]]] = [
    (
        SIGN_IN,
        {"input": {"tenant": "daye", "username": "lan", "pasword": SECRET}},
        [
            f"{INPUT} to include required field 'password'.",
            f"{INPUT} not to include unknown field 'pasword'.",
        ],
    ),
    (
        SIGN_IN,
        {"input": {"tenant": "daye", "username": "lan", "password": [SECRET]}},
        ["Variable '$input' has invalid value at .password: String cannot represent a non string value."],
    ),
    (
        SIGN_IN,
        {"input": SECRET},
        [f"{INPUT} to be an object."],
    ),
    (
        SIGN_IN,
        {},
        ["Variable '$input' has invalid value: Expected a value of non-null type 'SignInInput!' to be provided."],
    ),
    (
        CASES,
        {"o": None},
        ["Variable '$o' has invalid value: Expected value of non-null type 'CaseOrder!' not to be null."],
    ),
    (CASES, {"o": SECRET}, ["Variable '$o' has invalid value: The value does not exist in 'CaseOrder' enum."]),
    (CASES, {"o": 5}, ["Variable '$o' has invalid value: Enum 'CaseOrder' cannot represent non-string value."]),
    (
        CASES,
        {"o": "DUE_ASC", "n": SECRET},
        ["Variable '$n' has invalid value: Int cannot represent non-integer value."],
    ),
    (
        CASES,
        {"o": "DUE_ASC", "n": 2**40},
        ["Variable '$n' has invalid value: Int cannot represent non 32-bit signed integer value."],
    ),
    (
        CASES,
        {"o": "DUE_ASC", "f": {"dueUntil": SECRET}},
        ["Variable '$f' has invalid value at .dueUntil: Expected value of type 'DateTime'."],
    ),
    (
        CASES,
        {"o": "DUE_ASC", "f": {"dueUntil": "2030-01-01T00:00:00"}},
        [f"Variable '$f' has invalid value at .dueUntil: Expected value of type 'DateTime': {INSTANT_RULES[0]}."],
    ),
    (
        CASES,
        {"o": "DUE_ASC", "f": {"category": ["ROAD", [SECRET]]}},
        ["Variable '$f' has invalid value at .category[1]: String cannot represent a non string value."],
    ),
    (
        "query($on: Date!) { eligibility: healthCheckEligibility(residentId: 1, on: $on) { __typename } }",
        {"on": SECRET},
        ["Variable '$on' has invalid value: Value cannot represent a Date."],
    ),
]


def coerced(query: str, variables: dict[str, Any]) -> list[str]:
    """What is said of the variables of a document."""
    core = schema()._schema
    checked = Documents(core).check(query, LIMITS["standard"])
    assert checked.errors == ()
    definitions = list(checked.operations[0].variable_definitions or ())
    values = get_variable_values(core, definitions, variables, max_errors=10, hide_suggestions=True)
    assert isinstance(values, list)
    return [request_error(error, "en").message for error in values]


@pytest.mark.parametrize(("query", "variables", "messages"), VARIABLES)
def test_of_a_wrong_variable_place_and_type_are_told_and_no_value(
    query: str, variables: dict[str, Any], messages: list[str]
) -> None:
    assert coerced(query, variables) == messages


DOCUMENTS = [
    (f"{{ cases(first: {'9' * 50_000}) {{ totalCount }} }}", "Expected value of type 'Int'."),
    ('{ cases(first: "secret") { totalCount } }', "Int cannot represent non-integer value."),
    ("{ cases(orderBy: null) { totalCount } }", "Expected value of non-null type 'CaseOrder!' not to be null."),
    (
        'mutation { signIn(input: {tenant: "daye", username: "lan", password: "a", x: "secret"}) { userErrors { code } } }',
        "Expected value of type 'SignInInput' not to include unknown field 'x'.",
    ),
]


@pytest.mark.parametrize(("query", "message"), DOCUMENTS)
def test_of_a_wrong_literal_the_type_is_told_and_no_value(query: str, message: str) -> None:
    (error,) = Documents(schema()._schema).check(query, LIMITS["standard"]).errors
    assert error.message == message
    assert error.locations
    assert error.original_error is None  # it has the value, and would be remembered


def test_what_is_not_about_values_stays_as_it_is() -> None:
    for message in ("Cannot query field 'a' on type 'Query'.", "Syntax Error: Unexpected <EOF>.", ""):
        assert without_values(message) == message


def test_a_form_that_nobody_knows_tells_nothing_of_the_value() -> None:
    said = without_values(f"Variable '$a' has invalid value at .b[0]: Colors like {SECRET} are none.")
    assert said == "Variable '$a' has invalid value at .b[0]: The value is not one of its type."


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("tenant", "x", "open")), inner),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(given=ANY, query=st.sampled_from((SIGN_IN.replace("$input", "$a"), CASES.replace("$f", "$a"))))
def test_no_value_is_ever_quoted(given: Any, query: str) -> None:
    core = schema()._schema
    operation = Documents(core).check(query, LIMITS["standard"]).operations[0]
    values = get_variable_values(core, list(operation.variable_definitions or ()), {"a": given}, hide_suggestions=True)
    errors: list[GraphQLError] = values if isinstance(values, list) else []
    assert [error for error in errors if SECRET in request_error(error, "en").message] == []
