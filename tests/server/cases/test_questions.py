"""Answers: what the published schema takes is taken, and an error names the question."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from server.cases.questions import NOTHING_ASKED, check_answers
from server.errors import RuleViolation
from tenants.manifest.questions import Questions

LABEL = {"zh-CN": "问题", "en": "Question"}
FORMATS = FormatChecker(["date"])
NAMES = st.sampled_from(["a", "b", "c"])
BOUND = st.one_of(st.none(), st.integers(-5, 5))
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=6)
VALUES = st.one_of(
    TEXT,
    st.sampled_from(["2026-02-28", "2026-02-30", "2026-2-8", "20260228", "x", "y"]),
    st.integers(-7, 7),
    st.floats(-7, 7, allow_nan=False),
    st.sampled_from([1.0, 2.5, True, False, None]),
    st.just([]),
    st.just({}),
)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    type_ = draw(st.sampled_from(["string", "number", "integer", "boolean"]))
    found: dict[str, Any] = {"type": type_, "label": LABEL}
    if type_ == "string":
        found["maxLength"] = draw(st.one_of(st.none(), st.integers(1, 5)))
        found["enum"] = draw(st.one_of(st.none(), st.just(["x", "y"])))
        found["format"] = draw(st.one_of(st.none(), st.just("date")))
    elif type_ != "boolean":
        found["minimum"], found["maximum"] = draw(BOUND), draw(BOUND)
    if draw(st.booleans()):
        found["onlyIf"] = {"question": draw(NAMES), "answers": draw(st.sampled_from([["x"], ["y", "x"]]))}
    return found


@given(
    st.dictionaries(NAMES, questions(), min_size=1),
    st.lists(NAMES, unique=True),
    st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), VALUES),
)
def test_what_we_take_is_what_json_schema_takes(
    properties: dict[str, Any], required: list[str], answers: dict[str, Any]
) -> None:
    required = [name for name in required if name in properties]
    part = Questions.model_validate_json(json.dumps({"properties": properties, "required": required}))
    valid = Draft202012Validator(part.json_schema(), format_checker=FORMATS).is_valid(answers)
    if not valid:
        with pytest.raises(RuleViolation):
            check_answers(part.json_schema(), answers)
    else:
        assert (check_answers(part.json_schema(), answers) or {}) == answers


@pytest.mark.parametrize(
    ("answers", "code", "field"),
    [
        ([], "ANSWERS_INVALID", ("answers",)),
        ("text", "ANSWERS_INVALID", ("answers",)),
        ({}, "ANSWER_REQUIRED", ("answers", "day")),
        (None, "ANSWER_REQUIRED", ("answers", "day")),
        ({"day": "2026-02-30"}, "ANSWER_INVALID", ("answers", "day")),
        ({"day": None}, "ANSWER_INVALID", ("answers", "day")),
        ({"day": "2026-02-28", "count": True}, "ANSWER_INVALID", ("answers", "count")),
        ({"day": "2026-02-28", "count": 10**400}, "ANSWER_INVALID", ("answers", "count")),
        ({"day": "2026-02-28", "other": 1}, "ANSWER_UNKNOWN", ("answers", "other")),
    ],
)
def test_an_error_names_the_question(answers: object, code: str, field: tuple[str, ...]) -> None:
    asked = _asked({"day": {"type": "string", "format": "date"}, "count": {"type": "integer"}}, required=["day"])
    with pytest.raises(RuleViolation) as refused:
        check_answers(asked, answers)
    assert (refused.value.code, refused.value.field) == (code, field)


def _asked(properties: dict[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    labeled = {name: {**question, "label": LABEL} for name, question in properties.items()}
    part = Questions.model_validate_json(json.dumps({"properties": labeled, "required": required}))
    return part.json_schema()


def test_text_that_cannot_be_stored_is_refused() -> None:
    for text in ("a\x00b", "\ud800"):
        with pytest.raises(RuleViolation):
            check_answers(_asked({"a": {"type": "string"}}), {"a": text})


def test_a_category_without_questions_takes_no_answers() -> None:
    assert check_answers(NOTHING_ASKED, None) is None
    assert check_answers(NOTHING_ASKED, {}) is None
    with pytest.raises(RuleViolation):
        check_answers(NOTHING_ASKED, {"a": 1})
