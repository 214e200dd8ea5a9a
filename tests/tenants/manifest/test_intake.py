"""Questions, departments and channels of a manifest: what is let in, and every fault at its path."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tenants.manifest.faults import ManifestInvalid, parse
from tenants.manifest.questions import MOST_QUESTIONS

LABEL = {"zh-CN": "问题", "en": "Question"}
ASKED = "/case_categories/0/questions"


def question(**keywords: Any) -> dict[str, Any]:
    return {"type": "string", "label": LABEL, **keywords}


def faults(document: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ManifestInvalid) as refused:
        parse(document)
    return [(fault.path, fault.message) for fault in refused.value.faults]


def asking(small_city: dict[str, Any], **questions: Any) -> dict[str, Any]:
    small_city["case_categories"][0]["questions"] = questions
    return small_city


def test_questions_are_json_schema_for_clients(small_city: dict[str, Any]) -> None:
    document = asking(
        small_city, properties={"shop": question(maxLength=5), "count": question(type="integer", minimum=0)}
    )
    questions = parse(document).case_categories[0].questions
    assert questions is not None
    schema = questions.json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema == {
        "type": "object",
        "properties": {
            "shop": {"type": "string", "label": LABEL, "maxLength": 5},
            "count": {"type": "integer", "label": LABEL, "minimum": 0},
        },
        "required": [],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("properties", "path", "message"),
    [
        ({"a": question(**{"$ref": "#"})}, f"{ASKED}/properties/a/$ref", "unknown key"),
        ({"a": question(pattern="(a+)+$")}, f"{ASKED}/properties/a/pattern", "unknown key"),
        ({"a": question(type="integer", enum=["x"])}, f"{ASKED}/properties/a/enum", "'enum' says nothing of a integer"),
        ({"a": question(minimum=1)}, f"{ASKED}/properties/a/minimum", "'minimum' says nothing of a string"),
        ({"a": question(enum=["x", "x"])}, f"{ASKED}/properties/a/enum/1", "answer 'x' repeated"),
        (
            {"a": question(type="number", minimum=3, maximum=2)},
            f"{ASKED}/properties/a/maximum",
            "maximum 2 is below 3",
        ),
    ],
)
def test_a_fault_of_a_question_has_its_path(
    small_city: dict[str, Any], properties: dict[str, Any], path: str, message: str
) -> None:
    assert faults(asking(small_city, properties=properties)) == [(path, message)]


def test_what_is_required_is_asked_once(small_city: dict[str, Any]) -> None:
    document = asking(small_city, properties={"a": question()}, required=["a", "b", "a"])
    assert faults(document) == [
        (f"{ASKED}/required/1", "unknown question 'b'"),
        (f"{ASKED}/required/2", "question 'a' repeated"),
    ]


def test_questions_are_bounded(small_city: dict[str, Any]) -> None:
    many = {f"q{number}": question() for number in range(MOST_QUESTIONS + 1)}
    assert [path for path, _message in faults(asking(small_city, properties=many))] == [f"{ASKED}/properties"]
    small_city["case_categories"][0]["questions"] = {"properties": {"a": question(maxLength=4001)}}
    assert [path for path, _message in faults(small_city)] == [f"{ASKED}/properties/a/maxLength"]
    nested = {"a": question(type="object")}
    assert [path for path, _message in faults(asking(small_city, properties=nested))] == [f"{ASKED}/properties/a/type"]


def test_a_department_is_a_kind_of_organization(small_city: dict[str, Any]) -> None:
    small_city["case_categories"][0]["department"] = "guild"
    assert faults(small_city) == [("/case_categories/0/department", "unknown organization kind 'guild'")]


def test_channels_have_codes_of_their_own_and_known_categories(small_city: dict[str, Any]) -> None:
    channel = {"code": "chat", "name": LABEL, "kind": "CHAT"}
    small_city["channels"] = [channel, {**channel, "category": "WEATHER"}]
    assert faults(small_city) == [
        ("/channels/1/category", "unknown category 'WEATHER'"),
        ("/channels/1/code", "code 'chat' repeated"),
    ]
    small_city["channels"] = [{**channel, "kind": "FAX", "grid": "No Grid"}]
    assert [path for path, _message in faults(small_city)] == ["/channels/0/grid", "/channels/0/kind"]


def test_a_city_takes_no_anonymous_reports_unless_it_says_so(small_city: dict[str, Any]) -> None:
    assert (parse(small_city).intake.anonymous, parse(small_city).intake.duplicate_days) == (False, 30)
