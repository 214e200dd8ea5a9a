"""What is remembered of documents, for how long, and what is said of wrong ones."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from graphql import GraphQLError
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.documents import memory
from schema.documents.limits import LIMITS
from schema.documents.memory import Checked, Documents
from schema.root import schema

STANDARD, EXTENDED = LIMITS["standard"], LIMITS["extended"]
QUERY = "{ viewer { username } }"


@pytest.fixture
def documents() -> Documents:
    """An empty memory."""
    return Documents(schema()._schema)


def codes(checked: Checked) -> list[object]:
    """The codes of the errors."""
    return [(error.extensions or {})["code"] for error in checked.errors]


def test_a_text_is_checked_once_for_all_plans(documents: Documents) -> None:
    first = documents.check(QUERY, STANDARD)
    assert first.errors == ()
    assert documents.check("".join(QUERY), STANDARD) is first
    assert documents.check(QUERY, EXTENDED) is first


def test_plans_have_verdicts_of_their_own(documents: Documents) -> None:
    text = "{" + " ".join(f"a{n}:__typename" for n in range(40)) + "}"
    assert codes(documents.check(text, STANDARD)) == ["QUERY_TOO_COMPLEX"]
    allowed = documents.check(text, EXTENDED)
    assert allowed.errors == ()
    assert codes(documents.check(text, STANDARD)) == ["QUERY_TOO_COMPLEX"]
    assert documents.check(text, EXTENDED) is allowed
    assert codes(documents.check(text, replace(EXTENDED, aliases=39))) == ["QUERY_TOO_COMPLEX"]


def test_a_text_with_too_many_tokens_for_one_plan_is_read_for_another(documents: Documents) -> None:
    text = "{viewer{username}}" + "#\n" * 3_000
    assert codes(documents.check(text, STANDARD)) == ["QUERY_TOO_COMPLEX"]
    assert documents.check(text, EXTENDED).errors == ()


def test_faults_have_codes(documents: Documents) -> None:
    assert codes(documents.check("{", STANDARD)) == ["GRAPHQL_PARSE_FAILED"]
    assert codes(documents.check("", STANDARD)) == ["GRAPHQL_PARSE_FAILED"]
    assert codes(documents.check("{ nothing }", STANDARD)) == ["GRAPHQL_VALIDATION_FAILED"]
    assert codes(documents.check("{ __a: __typename }", STANDARD)) == ["GRAPHQL_VALIDATION_FAILED"]
    twice = 'mutation{a:signIn(input:{tenant:"a",username:"b",password:"c"}){userErrors{code}} b:signIn'
    twice += '(input:{tenant:"a",username:"b",password:"c"}){userErrors{code}}}'
    assert [error.message for error in documents.check(twice, STANDARD).errors] == ["A request may sign in once."]


def test_work_beyond_the_allowance_is_too_complex(documents: Documents) -> None:
    sets = "viewer { member { organization { id name code } } username tenant roles permissions } " * 20
    (error,) = documents.check(f"{{{sets}}}", STANDARD).errors
    assert error.extensions == {"code": "QUERY_TOO_COMPLEX", "limit": "work", "allowed": 5_000}


def test_errors_hold_neither_the_tree_nor_endless_text(documents: Documents) -> None:
    checked = documents.check("{ viewer { " + "x" * 5_000 + " } }", STANDARD)
    (error,) = checked.errors
    assert (error.nodes, error.source, error.positions) == (None, None, None)
    assert error.formatted["locations"] == [{"line": 1, "column": 12}]
    assert len(error.message) < 450
    assert checked.document is None


def test_at_most_ten_faults_are_told(documents: Documents) -> None:
    checked = documents.check("{" + " ".join(f"u{n}" for n in range(50)) + "}", STANDARD)
    assert len(checked.errors) == 11
    assert checked.errors[-1].message.startswith("Too many validation errors")


def test_what_cannot_be_said_in_utf_8_is_replaced(documents: Documents) -> None:
    (error,) = documents.check('{ case(id: "\\u\ud800") { id } }', STANDARD).errors
    assert error.message.encode("utf-8").endswith(b"'\\u?\") '.")


def test_the_latest_documents_are_kept(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "KEPT_DOCUMENTS", 3)
    texts = [f"query Q{n} {{ viewer {{ username }} }}" for n in range(4)]
    first = documents.check(texts[0], STANDARD)
    documents.check(texts[1], STANDARD)
    documents.check(texts[2], STANDARD)
    assert documents.check(texts[0], STANDARD) is first
    documents.check(texts[3], STANDARD)  # the second was used longest ago
    assert documents.check(texts[0], STANDARD) is first
    assert list(documents._known) == [texts[2], texts[3], texts[0]]


def test_the_memory_is_bounded_in_bytes(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "KEPT_BYTES", 100_000)
    for n in range(100):
        documents.check(f"query Q{n} {{ viewer {{ username }} }}" + " " * n * 100, STANDARD)
        assert documents._weight == sum(known.weight for known in documents._known.values()) <= 100_000
    assert 5 <= len(documents._known) <= 15
    documents.check("{ viewer { username } }" + " " * 99_000, STANDARD)
    assert len(documents._known) == 0  # larger than all there may be: not kept
    assert documents._weight == 0


def test_the_operation_is_chosen_as_graphql_says(documents: Documents) -> None:
    one = documents.check(QUERY, STANDARD)
    assert one.operation(None) is one.operations[0]
    several = documents.check("query A { __typename } query B { __typename }", STANDARD)
    assert several.operation("B") is several.operations[1]
    for checked, name in ((several, None), (several, "C"), (one, "A"), (one, "")):
        with pytest.raises(GraphQLError) as refused:
            checked.operation(name)
        assert (refused.value.extensions or {})["code"] == "BAD_USER_INPUT"


PIECES = (
    *("{", "}", "(", ")", "[", "]", ":", "$", "@", "!", "=", "...", "|", "&", "#", '"', '"""', "\n", ",", " "),
    *("query", "mutation", "subscription", "fragment", "on", "Query", "F", "viewer", "cases", "nodes", "id", "first"),
    *("$v", "@skip(if:", "true", "null", "1", "-1", "1e9", "__typename", "__schema", "types", "\\u", "\ud800", "é"),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join) | st.text(max_size=60))
def test_no_text_makes_a_check_raise(text: str) -> None:
    checked = Documents(schema()._schema).check(text, STANDARD)
    assert (checked.document is None) == bool(checked.errors)
    for error in checked.errors:
        orjson.dumps(error.formatted)
    if not checked.errors:
        assert checked.operations
