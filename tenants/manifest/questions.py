"""What a category asks of whoever reports: a small, closed part of JSON Schema (draft 2020-12), each answer a plain value.

Nothing refers to anything else, nothing nests and no pattern is matched, so a document cannot make the check of an answer
slow, or go and fetch something. ``label`` is an annotation of ours; whatever validates JSON Schema passes over it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tenants.manifest.pointers import Fault, pointer, repeated
from tenants.manifest.words import LocalText, Part, Text

MOST_QUESTIONS = 30
LONGEST_ANSWER = 4000

QuestionName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]{0,62}$")]


class OnlyIf(Part):
    """Another question, and the answers to it on which this one follows."""

    question: QuestionName = Field(description="Name of the other question, whose answer is a string.")
    answers: tuple[Text, ...] = Field(min_length=1, max_length=100, description="On any of these answers.")


class Question(Part):
    """One question, as the JSON Schema of its answer."""

    type: Literal["string", "number", "integer", "boolean"] = Field(description="The type of the answer.")
    label: LocalText = Field(description="The question as people read it.")
    max_length: Annotated[int, Field(ge=1, le=LONGEST_ANSWER)] | None = Field(
        default=None,
        alias="maxLength",
        description=f"Most characters of a string; {LONGEST_ANSWER} when left out.",
    )
    enum: tuple[Text, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="The only strings that may be answered.",
    )
    format: Literal["date"] | None = Field(default=None, description="date: the string is a day, as YYYY-MM-DD.")
    minimum: int | None = Field(default=None, description="Least number.")
    maximum: int | None = Field(default=None, description="Greatest number.")
    only_if: OnlyIf | None = Field(
        default=None,
        alias="onlyIf",
        description="It must be answered on these answers to another question, and cannot be otherwise (CZ-03).",
    )


class Questions(Part):
    """The questions of a category: the JSON Schema of an object of answers."""

    type: Literal["object"] = Field(default="object", description="Always object.")
    properties: dict[QuestionName, Question] = Field(
        min_length=1,
        max_length=MOST_QUESTIONS,
        description="The questions by name, in the order in which they are asked.",
    )
    required: tuple[QuestionName, ...] = Field(default=(), description="Names of what must be answered.")

    def json_schema(self) -> dict[str, Any]:
        """The questions as JSON Schema for clients: only what is said, and no other answers than those asked for."""
        said: dict[str, Any] = self.model_dump(mode="json", exclude_none=True)
        return {**said, "additionalProperties": False, **_conditions(self.properties)}


def _conditions(properties: Mapping[str, Question]) -> dict[str, Any]:
    """What ``onlyIf`` means, in JSON Schema's own words."""
    found = [
        {
            "if": {"properties": {on.question: {"enum": list(on.answers)}}, "required": [on.question]},
            "then": {"required": [name]},
            "else": {"not": {"required": [name]}},
        }
        for name, on in ((name, question.only_if) for name, question in properties.items())
        if on is not None
    ]
    return {"allOf": found} if found else {}


def question_faults(questions: Questions, *at: object) -> Iterator[Fault]:
    """What is required is asked; a keyword stands beside the type it is about; bounds are the right way round."""
    for index in repeated(questions.required):
        yield Fault(pointer(*at, "required", index), f"question {questions.required[index]!r} repeated")
    for index, name in enumerate(questions.required):
        if name not in questions.properties:
            yield Fault(pointer(*at, "required", index), f"unknown question {name!r}")
    for name, question in questions.properties.items():
        here = (*at, "properties", name)
        yield from _condition_faults(questions, name, *here)
        for keyword, value in _keywords(question).items():
            if value is not None and not _fits(keyword, question):
                yield Fault(pointer(*here, keyword), f"{keyword!r} says nothing of a {question.type}")
        for index in repeated(question.enum or ()):
            yield Fault(pointer(*here, "enum", index), f"answer {(question.enum or ())[index]!r} repeated")
        if question.minimum is not None and question.maximum is not None and question.minimum > question.maximum:
            yield Fault(pointer(*here, "maximum"), f"maximum {question.maximum} is below {question.minimum}")


def _condition_faults(questions: Questions, name: str, *at: object) -> Iterator[Fault]:
    """A question follows on answers that can be given to one that is always asked, and is not required besides."""
    on = questions.properties[name].only_if
    if on is None:
        return
    other = questions.properties.get(on.question)
    if other is None or other.type != "string" or other.only_if is not None:
        yield Fault(pointer(*at, "onlyIf", "question"), f"no string is always asked for as {on.question!r}")
    elif other.enum is not None:
        for index, answer in enumerate(on.answers):
            if answer not in other.enum:
                yield Fault(pointer(*at, "onlyIf", "answers", index), f"{answer!r} is no answer to {on.question!r}")
    if name in questions.required:
        yield Fault(pointer(*at, "onlyIf"), f"question {name!r} is required in any case")


def _keywords(question: Question) -> dict[str, object]:
    return {
        "maxLength": question.max_length,
        "enum": question.enum,
        "format": question.format,
        "minimum": question.minimum,
        "maximum": question.maximum,
    }


def _fits(keyword: str, question: Question) -> bool:
    if keyword in {"minimum", "maximum"}:
        return question.type in {"number", "integer"}
    return question.type == "string"
