"""Whether the answers to a category's questions are what was asked for (pure).

The questions are JSON Schema (draft 2020-12), the part of it that ``tenants.manifest.questions`` lets in; ``date`` is
asserted. Beyond the schema an answer must be storable, and a number one that every JSON reader holds exactly (RFC 7493,
2.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from server.errors import RuleViolation

LONGEST_ANSWER = 4000
NOTHING_ASKED: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
_LARGEST = 2**53
_FORMATS = FormatChecker(["date"])


def check_answers(questions: Mapping[str, Any], answers: object) -> dict[str, Any] | None:
    """The answers in the order of the questions; None when there are none.

    questions: the JSON Schema of an object with only plain values, or ``NOTHING_ASKED``. answers: an object of name and
    value, or None. Raises ANSWERS_INVALID, ANSWER_UNKNOWN, ANSWER_REQUIRED, ANSWER_INVALID; the field leads to the
    answer.
    """
    given = {} if answers is None else answers
    if not isinstance(given, Mapping):
        raise RuleViolation("Answers are an object of question and answer.", code="ANSWERS_INVALID", field=("answers",))
    _check_names(questions, given)
    error = next(Draft202012Validator(questions, format_checker=_FORMATS).iter_errors(given), None)
    if error is not None:
        raise _invalid(str(error.path[0]), f"{error.validator} {_shown(error.validator_value)}")
    found = {name: given[name] for name in questions["properties"] if name in given}
    for name, value in found.items():
        if not _storable(value):
            raise _invalid(name, f"at most {LONGEST_ANSWER} characters of text, or a number up to 2^53")
    return found or None


def _check_names(questions: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    unknown = next((name for name in given if name not in questions["properties"]), None)
    if unknown is not None:
        raise RuleViolation(
            "This category does not ask this; caseCategories lists what it asks.",
            code="ANSWER_UNKNOWN",
            field=("answers", str(unknown)[:LONGEST_ANSWER]),
        )
    followed = [name for name in questions["properties"] if _follows(questions, name, given)]
    uncalled = next((name for name in given if name not in followed), None)
    if uncalled is not None:
        raise RuleViolation(
            "This is asked only on other answers: leave it out.",
            code="ANSWER_UNKNOWN",
            field=("answers", str(uncalled)),
        )
    conditional = [name for name in followed if "onlyIf" in questions["properties"][name]]
    missing = next((name for name in (*questions.get("required", ()), *conditional) if name not in given), None)
    if missing is not None:
        raise RuleViolation("This must be answered.", code="ANSWER_REQUIRED", field=("answers", missing))


def _follows(questions: Mapping[str, Any], name: str, given: Mapping[str, Any]) -> bool:
    """Whether a question is asked, as far as that hangs on the answer to another one."""
    on = questions["properties"][name].get("onlyIf")
    return on is None or given.get(on["question"]) in on["answers"]


def _invalid(name: str, expected: str) -> RuleViolation:
    return RuleViolation(
        "The answer must be {expected}.",
        code="ANSWER_INVALID",
        field=("answers", name),
        expected=expected,
    )


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _storable(value: object) -> bool:
    if isinstance(value, str):
        clean = "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
        return clean and len(value) <= LONGEST_ANSWER
    return isinstance(value, bool) or (isinstance(value, int | float) and abs(value) <= _LARGEST)
