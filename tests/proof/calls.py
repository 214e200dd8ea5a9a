"""The mutations of a case as a client writes them, from the words of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from schema.root import schema
from tests.proof.model import Matter
from tests.proof.people import SECRETARY, WORKER
from tests.proof.realm import CATEGORIES
from tests.proof.table import ROWS

SEVERITIES = ("GENERAL", "COMPLEX", "MAJOR")
EFFECTS = ("NOT_SOLVED", "SOLVED", "PARTLY")
HANDLINGS = (None, "VISITING", "MEDIATING")
HANDLERS = (None, WORKER, SECRETARY)
SAID = ("answer", "feedback", "reason", "result", "text")
TASKS, CASES, MEMBERS, ALLEGATIONS = "task", "other", "handler", "allegation"
_INPUTS = {
    "triageCase": "category severity",
    "reclassifyCase": "category severity reason",
    "dispatchCase": "handler",
    "mergeCase": "other",
    "linkCases": "other",
    "progressCase": "text handling parties",
    "assignTasks": "place text",
    "completeTask": "task result",
    "cancelTask": "task reason",
    "answerAllegation": "allegation answer",
    "rateCase": "rating",
    "scoreCase": "score",
    "recordReturnVisit": "effect text",
    "urgeCase": "text",
    "answerUrge": "text",
    "explainCase": "text",
    "resolveCase": "result",
    "relayFeedback": "feedback",
    "giveFeedback": "feedback",
    **dict.fromkeys(
        (
            "rejectCase",
            "appealCase",
            "releaseCase",
            "escalateCase",
            "sendBackCase",
            "waiveUrge",
            "waivePublication",
            "reopenCase",
        ),
        "reason",
    ),
}
NAMES = {
    "other": "otherCaseId",
    "handler": "handlerId",
    "place": "organizationIds",
    "task": "taskId",
    "allegation": "allegationId",
    "parties": "partiesConsented",
}
"""What the API calls a word that has another name there."""
REPORT = """mutation($input: ReportCaseInput!) { reportCase(input: $input) {
 case { id version status allegations(first: 5) { nodes { id } } } userErrors { code message } } }"""
DRAFT = """mutation($input: DraftPublicationInput!) { draftPublication(input: $input) {
 publication { id version } userErrors { code } } }"""
CHECK = """mutation($input: CheckPublicationInput!) { checkPublication(input: $input) {
 publication { id } userErrors { code } } }"""
TASKS_OF = "query($id: ID!) { case(id: $id) { tasks(first: 30, orderBy: ASSIGNED_ASC) { nodes { id } } } }"


def document(name: str) -> str:
    """The mutation with everything that is compared."""
    input_type = f"{name[0].upper()}{name[1:]}Input"
    return (
        f"mutation($input: {input_type}!) {{ {name}(input: $input) "
        "{ case { id version status } userErrors { code message } } }"
    )


def mutations_of_cases() -> set[str]:
    """Every mutation of the schema that changes a case by its version, whatever room it comes from.

    Sealed matters are no cases: they have tables, people and walks of their own.
    """
    mutation = schema()._schema.mutation_type
    assert mutation is not None
    found = set()
    for name, field in mutation.fields.items():
        given, payload = get_named_type(field.args["input"].type), get_named_type(field.type)
        assert isinstance(given, GraphQLInputObjectType)
        assert isinstance(payload, GraphQLObjectType)
        case = payload.fields.get("case")
        if case and get_named_type(case.type).name == "Case" and {"caseId", "expectedVersion"} <= given.fields.keys():
            found.add(name)
    return found


def words_of(name: str, matter: Matter, others: list[Matter], pick: int) -> dict[str, Any]:
    """What is said with a mutation; ``pick`` decides where there is a choice."""
    wheel = _wheel(pick)
    words: dict[str, Any] = {}
    for word in _INPUTS.get(name, "").split():
        if word in SAID:
            words[word] = "as it is"
            continue
        choices: Mapping[str, Any] = {
            "category": CATEGORIES[matter.city],
            "severity": SEVERITIES,
            "handler": HANDLERS,
            "other": others,
            "handling": HANDLINGS,
            "parties": (2, 1),
            "place": (matter.home - 1, matter.home - 2, 0),
            "task": range(len(matter.tasks) + 1),
            "allegation": range(1, matter.allegations + 2),
            "rating": ("SATISFIED", "VERY_DISSATISFIED"),
            "score": (4, 1, 0),
            "effect": EFFECTS,
        }
        words[word] = choices[word][next(wheel) % len(choices[word])]
    return words


def acts() -> list[str]:
    """The names of all mutations of the table."""
    return list(ROWS)


def _wheel(pick: int) -> Iterator[int]:
    """Numbers that follow from one."""
    while True:
        yield pick
        pick = pick // 3
