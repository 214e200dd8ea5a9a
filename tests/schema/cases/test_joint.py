"""Joint handling, answers one by one, scores, return visits and bundles as clients of the city see them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.town import EAST, WEST, Town
from tests.schema.cases.test_mutations import report, step

TASKS = """query($id: ID!, $status: [TaskStatus!]) { organization(id: $id) { tasks(filter: {status: $status}, orderBy: ASSIGNED_ASC) {
  totalCount countBy(key: STATUS) { key count } nodes { id asked status result closedAt organization { name } assignedBy { name }
  closedBy { name } case { id title tasks { totalCount } } } } } }"""
PARTS = """query($id: ID!) { case(id: $id) { status score scoreRemark rating returnVisit { at effect text } bundleClosed
  allegations { nodes { id number text answer answeredAt answeredBy { name } } }
  tasks { totalCount } related { nodes { id } } events(first: 30) { nodes { kind note step } } } }"""
SEEN = "query($id: ID!) { case(id: $id) { id tasks { nodes { id } } events(first: 1) { nodes { kind } } } }"


@pytest.fixture
async def people(town: Town) -> Town:
    """In the east a resident, a secretary, a supervisor and a posted member; in the west a department's secretary."""
    await town.resident("resident")
    await town.resident("stranger", WEST)
    await town.member("secretary", "first_secretary")
    await town.member("chief", "community_secretary")
    await town.member("posted", "posted_member")
    await town.member("department", "community_secretary", WEST)
    return town


async def begun(town: Town, **words: Any) -> dict[str, Any]:
    """A case of the resident that the posted member is at work on."""
    case: dict[str, Any] = (await report(town, "resident", **words))["case"]
    for username, name in (("secretary", "dispatchCase"), ("posted", "claimCase"), ("posted", "startCase")):
        case = await changed(town, username, name, case)
    return case


async def changed(town: Town, username: str, name: str, case: dict[str, Any], **words: Any) -> dict[str, Any]:
    """The case after a change that must succeed."""
    payload = await step(town, username, name, case, **words)
    assert payload["userErrors"] == []
    found: dict[str, Any] = payload["case"]
    return found


async def refusal(town: Town, username: str, name: str, case: dict[str, Any], **words: Any) -> tuple[str, list[str]]:
    """Code and field of a refusal."""
    payload = await step(town, username, name, case, **words)
    assert payload["case"] is None
    (error,) = payload["userErrors"]
    return error["code"], error["field"]


async def parts(town: Town, username: str, case: dict[str, Any]) -> dict[str, Any]:
    answer = await town.ask(username, PARTS, id=case["id"])
    assert answer["errors"] == []
    found: dict[str, Any] = answer["data"]["case"]
    return found


async def of_department(town: Town, username: str, *status: str) -> dict[str, Any]:
    """The tasks of the western community."""
    answer = await town.ask(
        username, TASKS, id=town.id("org", town.organizations[WEST]), status=list(status) if status else None
    )
    assert answer["errors"] == []
    found: dict[str, Any] = answer["data"]["organization"]["tasks"]
    return found


async def test_a_department_sees_a_case_by_its_share_until_the_case_is_archived(people: Town) -> None:
    case = await begun(people)
    west = people.id("org", people.organizations[WEST])
    assert (await people.ask("department", SEEN, id=case["id"]))["data"]["case"] is None
    case = await changed(people, "secretary", "assignTasks", case, organizationIds=[west], text="Look at the pipes")
    seen = (await people.ask("department", SEEN, id=case["id"]))["data"]["case"]
    (task,) = seen["tasks"]["nodes"]
    assert seen == {"id": case["id"], "tasks": {"nodes": [task]}, "events": {"nodes": [{"kind": "REPORTED"}]}}
    assert (await people.ask("stranger", SEEN, id=case["id"]))["data"]["case"] is None
    open_tasks = await of_department(people, "department", "OPEN")
    assert open_tasks == {
        "totalCount": 1,
        "countBy": [{"key": "OPEN", "count": 1}],
        "nodes": [
            {
                "id": task["id"],
                "asked": "Look at the pipes",
                "status": "OPEN",
                "result": None,
                "closedAt": None,
                "organization": {"name": "West"},
                "assignedBy": None,
                "closedBy": None,
                "case": {"id": case["id"], "title": "Bins are full", "tasks": {"totalCount": 1}},
            }
        ],
    }
    assert (await of_department(people, "stranger"))["totalCount"] == 0
    assert await refusal(people, "posted", "resolveCase", case, result="Done") == ("CASE_TASKS_OPEN", [])
    payload = await step(people, "department", "completeTask", case, taskId=task["id"], result="Checked")
    case = {**case, "version": case["version"] + 1}
    assert payload == {"case": {**case, "status": "IN_PROGRESS"}, "userErrors": []}
    done = await of_department(people, "department", "DONE")
    (closed,) = done["nodes"]
    assert (closed["status"], closed["result"], closed["closedBy"]) == (
        "DONE",
        "Checked",
        {"name": "Invented department"},
    )
    assert (await of_department(people, "department", "OPEN"))["totalCount"] == 0
    case = await changed(people, "posted", "resolveCase", case, result="Done")
    case = await changed(people, "posted", "giveFeedback", case, feedback="It is done")
    case = await changed(people, "resident", "rateCase", case, rating="SATISFIED")
    assert (await people.ask("department", SEEN, id=case["id"]))["data"]["case"]["id"] == case["id"]
    await changed(people, "secretary", "archiveCase", case)
    assert (await people.ask("department", SEEN, id=case["id"]))["data"]["case"] is None
    assert (await of_department(people, "department"))["totalCount"] == 0


async def test_a_reporter_reads_what_is_said_to_them_and_not_what_offices_say_to_each_other(people: Town) -> None:
    """P-03: the same words that the holder of a tracking code is told, and the reporter's own."""
    case = await begun(people)
    west = people.id("org", people.organizations[WEST])
    case = await changed(people, "secretary", "assignTasks", case, organizationIds=[west], text="Look at the pipes")
    case = await changed(people, "chief", "trackCase", case, text="Slow again")
    case = await changed(people, "chief", "urgeCase", case, text="Hurry up")
    case = await changed(people, "posted", "answerUrge", case, text="The chief is wrong")
    case = await changed(people, "posted", "progressCase", case, text="A plumber is coming")
    await changed(people, "resident", "withdrawCase", case, reason="It was my tap")
    inside = ["Look at the pipes", "Slow again", "Hurry up", "The chief is wrong"]
    told = ["A plumber is coming", "It was my tap"]
    for username, words in (("resident", told), ("chief", [*inside, *told]), ("posted", [*inside, *told])):
        nodes = (await parts(people, username, case))["events"]["nodes"]
        assert [node["note"] for node in nodes if node["note"]] == words


async def test_a_canceled_task_shows_the_case_no_longer(people: Town) -> None:
    case = await begun(people)
    west = people.id("org", people.organizations[WEST])
    case = await changed(people, "secretary", "assignTasks", case, organizationIds=[west], text="Look")
    (task,) = (await people.ask("secretary", SEEN, id=case["id"]))["data"]["case"]["tasks"]["nodes"]
    words = {"taskId": task["id"], "reason": "Not needed"}
    assert await refusal(people, "department", "cancelTask", case, **words) == ("FORBIDDEN", [])
    of_another_kind = {**words, "taskId": case["id"]}
    assert await refusal(people, "secretary", "cancelTask", case, **of_another_kind) == ("NOT_FOUND", ["taskId"])
    await changed(people, "secretary", "cancelTask", case, **words)
    assert (await people.ask("department", SEEN, id=case["id"]))["data"]["case"] is None


async def test_a_department_finds_its_share_among_its_cases(people: Town) -> None:
    case = await begun(people)
    west = people.id("org", people.organizations[WEST])
    before = await people.ask("department", "{ cases { totalCount nodes { id } } }")
    assert before["data"]["cases"] == {"totalCount": 0, "nodes": []}
    await changed(people, "secretary", "assignTasks", case, organizationIds=[west], text="Look")
    after = await people.ask("department", "{ cases { totalCount nodes { id } } }")
    assert after["data"]["cases"] == {"totalCount": 1, "nodes": [{"id": case["id"]}]}


async def test_allegations_are_answered_one_by_one(people: Town) -> None:
    """FD-04."""
    case = await begun(people, allegations=["Noise at night", "Who pays?"])
    case = await changed(people, "posted", "resolveCase", case, result="Done")
    first, second = (await parts(people, "resident", case))["allegations"]["nodes"]
    assert (first["number"], first["text"], first["answer"], first["answeredAt"]) == (1, "Noise at night", None, None)
    case = await changed(people, "posted", "answerAllegation", case, allegationId=second["id"], answer="Nobody")
    payload = await step(people, "posted", "giveFeedback", case, feedback="Done")
    assert payload["userErrors"] == [
        {
            "code": "CASE_ALLEGATIONS_UNANSWERED",
            "field": [],
            "message": "Answer every allegation first; these wait: 1.",
        }
    ]
    case = await changed(people, "posted", "answerAllegation", case, allegationId=first["id"], answer="Quiet since")
    await changed(people, "posted", "giveFeedback", case, feedback="Done")
    found = (await parts(people, "posted", case))["allegations"]["nodes"]
    assert [(each["number"], each["answer"], each["answeredBy"]) for each in found] == [
        (1, "Quiet since", {"name": "Invented posted"}),
        (2, "Nobody", {"name": "Invented posted"}),
    ]
    too_many = await report(people, "resident", allegations=["x"] * 21)
    assert [(error["code"], error["field"]) for error in too_many["userErrors"]] == [
        ("CASE_ALLEGATION_LIMIT", ["allegations"])
    ]


async def test_score_and_return_visit_stand_beside_the_rating(people: Town) -> None:
    """A-10, HS-06."""
    case = await begun(people)
    case = await changed(people, "posted", "resolveCase", case, result="Done")
    case = await changed(people, "posted", "giveFeedback", case, feedback="Done")
    assert await refusal(people, "secretary", "scoreCase", case, score=4) == ("FORBIDDEN", [])
    assert await refusal(people, "chief", "scoreCase", case, score=6) == ("CASE_SCORE_NOT_ON_SCALE", ["score"])
    case = await changed(people, "chief", "scoreCase", case, score=4, remark="Quick")
    assert await refusal(people, "chief", "reopenCase", case, reason="No") == ("CASE_NOT_VISITED", [])
    case = await changed(people, "chief", "recordReturnVisit", case, effect="NOT_SOLVED", text="Full again")
    found = await parts(people, "resident", case)
    assert (found["status"], found["score"], found["scoreRemark"], found["rating"]) == (
        "FEEDBACK_GIVEN",
        4,
        "Quick",
        None,
    )
    visit = found["returnVisit"]
    assert (visit.pop("at") is not None, visit) == (True, {"effect": "NOT_SOLVED", "text": "Full again"})
    logged = (await parts(people, "chief", case))["events"]["nodes"]
    assert [(event["kind"], event["note"]) for event in logged[-2:]] == [
        ("SCORED", "Quick"),
        ("RETURN_VISITED", "Full again"),
    ]
    case = await changed(people, "chief", "reopenCase", case, reason="Full again")
    found = await parts(people, "resident", case)
    assert (found["score"], found["returnVisit"]) == (None, {"at": None, "effect": None, "text": None})


async def test_a_bundle_shows_everybody_what_they_may_see_of_it(people: Town) -> None:
    """HH-15."""
    first, second = await begun(people), (await report(people, "resident"))["case"]
    west = (await report(people, "stranger", WEST))["case"]
    assert (await parts(people, "resident", first))["bundleClosed"] is None
    hidden = {"otherCaseId": west["id"]}
    assert await refusal(people, "chief", "linkCases", first, **hidden) == ("NOT_FOUND", ["otherCaseId"])
    assert await refusal(people, "resident", "linkCases", first, otherCaseId=second["id"]) == ("FORBIDDEN", [])
    first = await changed(people, "chief", "linkCases", first, otherCaseId=second["id"])
    second = {**second, "version": second["version"] + 1}
    for one, other in ((first, second), (second, first)):
        found = await parts(people, "resident", one)
        assert (found["related"]["nodes"], found["bundleClosed"]) == ([{"id": other["id"]}], False)
    first = await changed(people, "posted", "resolveCase", first, result="Done")
    assert (await parts(people, "resident", first))["bundleClosed"] is False
    await changed(people, "resident", "withdrawCase", second)
    assert (await parts(people, "resident", first))["bundleClosed"] is True
    first = await changed(people, "chief", "unlinkCases", first)
    found = await parts(people, "resident", first)
    assert (found["related"]["nodes"], found["bundleClosed"]) == ([], None)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_refusals_speak_the_language_asked_for(people: Town, language: str) -> None:
    case = await begun(people)
    east = people.id("org", people.organizations[EAST])
    case = await changed(people, "secretary", "assignTasks", case, organizationIds=[east], text="Look")
    query = "mutation($input: ResolveCaseInput!) { resolveCase(input: $input) { userErrors { message } } }"
    given = {"caseId": case["id"], "expectedVersion": case["version"], "result": "Done"}
    answer = await people.ask("posted", query, language=language, input=given)
    (error,) = answer["data"]["resolveCase"]["userErrors"]
    assert (
        error["message"]
        == {
            "en": "Departments have 1 tasks of this case open: complete or cancel them first.",
            "zh-CN": "尚有 1 项部门任务未办结，请先完成或取消。",
        }[language]
    )
