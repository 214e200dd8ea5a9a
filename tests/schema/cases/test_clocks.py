"""A deadline that explains itself, targets, hops, who was told, and what another policy would do: as clients see it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from server.cases.events import change_of
from server.cases.jobs import HANDLERS
from server.cases.models import Case, CaseEvent
from server.cases.replay import CaseEventFacts
from server.cases.service.schedule import ESCALATE
from server.cases.states import CaseStatus, EventKind, Severity, Track
from server.events.models import DueWork
from server.onboarding.service import apply_tenant, console_actor
from server.organizations.models import Organization
from tenants.ids import split_public_id, uuid7
from tenants.manifest import shipped
from tenants.manifest.faults import parse
from tenants.sessions import Database
from tests.fixtures.town import EAST, Town
from tests.schema.cases.test_mutations import report
from tests.schema.tenants.conftest import OPERATOR, operators, town_operator

__all__ = ["operators", "town_operator"]

SHANGHAI = ZoneInfo("Asia/Shanghai")
REPORTED = datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI)
DUE = datetime(2026, 10, 9, 9, 0, tzinfo=SHANGHAI)
DEADLINES = {
    "from": "SUBMISSION",
    "limits": {"GENERAL": {"amount": 14, "unit": "WORKING_HOURS"}},
    "targets": {"ACCEPT": {"GENERAL": {"amount": 1, "unit": "HOURS"}}},
}


def document(**sections: Any) -> str:
    """Daye's manifest with other sections."""
    return json.dumps({**parse(shipped.text("daye")).document(), **sections})


@pytest.fixture
async def working(town: Town, town_operator: Database) -> Town:
    """Daye with fourteen working hours for general matters, a resident, a first secretary and an administrator."""
    await apply_tenant(town_operator, document(deadlines=DEADLINES), actor=console_actor("test"))
    town.services.registry.forget()
    await town.resident("resident")
    await town.member("secretary", "community_secretary")
    await town.member("admin", "tenant_admin")
    return town


async def reported_before_the_holidays(town: Town) -> str:
    """A case reported on the eve of National Day: its history cannot be rewritten, so it is written by hand."""
    actor = await town.actor("resident")
    path, organization_id = town.paths[EAST], town.organizations[EAST]
    case = Case(
        tenant_id=town.tenant_id,
        id=uuid7(),
        number="DAYE-2026-000900",
        track="SERVICE_ORDER",
        category="SANITATION",
        title="Bins are full",
        description="",
        status="REPORTED",
        severity="GENERAL",
        grid_id=town.grids[EAST],
        path=path,
        organization_id=organization_id,
        custody_path=path,
        clock_path=path,
        level="community",
        reporter_id=actor.resident_id,
        reporter_account_id=actor.account_id,
        reported_at=REPORTED,
        due_at=DUE,
        changed_at=REPORTED,
    )
    facts = CaseEventFacts(
        kind=EventKind.REPORTED,
        version=1,
        at=REPORTED,
        to_status=CaseStatus.REPORTED,
        level="community",
        organization_id=organization_id,
        track=Track.SERVICE_ORDER,
        category="SANITATION",
        severity=Severity.GENERAL,
        reporter_id=actor.resident_id,
        reporter_account_id=actor.account_id,
    )
    event = CaseEvent(
        tenant_id=town.tenant_id,
        id=uuid7(),
        case_id=case.id,
        seq=900,
        version=1,
        kind="REPORTED",
        to_status="REPORTED",
        level="community",
        actor_role="resident",
        change=change_of(facts),
        at=REPORTED,
    )
    work = DueWork(
        tenant_id=town.tenant_id, id=uuid7(), kind=ESCALATE, subject_id=case.id, step="0.1", due_at=DUE, attempts=0
    )
    await town.add(case, event, work)
    return town.id("case", case.id)


def _row(case_id: str) -> UUID:
    split = split_public_id(case_id)
    assert split is not None
    return split[1]


EXPLAIN = """query($id: ID!) { case(id: $id) { deadline {
  dueAt overdue remaining pausedSince
  lines: explain { kind: __typename day hours reason name ...When }
  warnings { code firstDay } } } }
fragment When on DeadlineLine { startsAt endsAt }"""


async def test_every_hour_is_told_with_the_reason_in_both_languages(working: Town) -> None:
    case_id = await reported_before_the_holidays(working)
    answer = await working.ask("resident", EXPLAIN, id=case_id)
    assert answer["errors"] == []
    deadline = answer["data"]["case"]["deadline"]
    lines = deadline.pop("lines")
    assert [(line["day"], line["hours"], line["reason"], line["name"]) for line in lines] == [
        ("2026-09-30", 3.0, "WORKING_DAY", None),
        ("2026-09-30", 3.5, "WORKING_DAY", None),
        *((f"2026-10-0{day}", 0.0, "HOLIDAY", "National Day") for day in range(1, 8)),
        ("2026-10-08", 3.5, "WORKING_DAY", None),
        ("2026-10-08", 3.5, "WORKING_DAY", None),
        ("2026-10-09", 0.5, "WORKING_DAY", None),
    ]
    assert lines[0] == {
        "kind": "DeadlineLine",
        "day": "2026-09-30",
        "hours": 3.0,
        "reason": "WORKING_DAY",
        "name": None,
        "startsAt": "2026-09-30T09:00:00+08:00",
        "endsAt": "2026-09-30T12:00:00+08:00",
    }
    assert datetime.fromisoformat(deadline.pop("dueAt")) == DUE
    assert deadline.pop("remaining") < 0
    assert deadline == {"overdue": True, "pausedSince": None, "warnings": []}
    chinese = await working.ask("resident", EXPLAIN, language="zh-CN", id=case_id)
    names = {line["name"] for line in chinese["data"]["case"]["deadline"]["lines"]}
    assert names == {None, "国庆节"}


async def test_targets_and_hops(working: Town) -> None:
    case_id = await reported_before_the_holidays(working)
    query = """query($id: ID!) { cases(first: 5) { nodes { id
      targets { kind dueAt metAt missed }
      hops { organizationId level since until calendarMinutes workingMinutes pausedMinutes } } }
      case(id: $id) { targets { kind } } }"""
    answer = await working.ask("resident", query, id=case_id)
    assert answer["errors"] == []
    (case,) = answer["data"]["cases"]["nodes"]
    assert [(each["kind"], each["metAt"], each["missed"]) for each in case["targets"]] == [
        ("ACCEPT", None, True),
        ("CONCLUDE", None, True),
    ]
    assert datetime.fromisoformat(case["targets"][0]["dueAt"]) == REPORTED + timedelta(hours=1)
    (hop,) = case["hops"]
    assert (hop["organizationId"], hop["level"]) == (working.id("org", working.organizations["east"]), "community")
    assert (datetime.fromisoformat(hop["since"]), hop["until"], hop["pausedMinutes"]) == (REPORTED, None, 0)
    assert 0 < hop["workingMinutes"] < hop["calendarMinutes"]


async def test_a_hop_leads_to_the_organization_as_far_as_the_viewer_may_see_it(working: Town) -> None:
    """Read beside the hops by the planner: with arguments, relations and errors of its own."""
    case_id = await reported_before_the_holidays(working)
    query = """query($id: ID!) { cases(first: 5) { nodes { steps: hops { level
      at: organization { code members(first: 1) { nodes { name phone } } } organization { id __typename } } } }
      case(id: $id) { hops { organization { code grids(first: 3) { nodes { name } } } } } }"""
    answer = await working.ask("secretary", query, id=case_id)
    (node,) = answer["data"]["cases"]["nodes"]
    ((hop,),) = node.values()
    (member,) = hop["at"].pop("members")["nodes"]
    assert (member["phone"], hop.pop("level")) == (None, "community")
    assert hop == {
        "at": {"code": "east"},
        "organization": {"id": working.id("org", working.organizations["east"]), "__typename": "Organization"},
    }
    path = ["cases", "nodes", 0, "steps", 0, "at", "members", "nodes", 0, "phone"]
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [(path, "FORBIDDEN")]
    ((own,),) = answer["data"]["case"].values()
    assert own["organization"]["code"] == "east"
    assert len(own["organization"]["grids"]["nodes"]) == 1


async def test_those_a_step_tells_can_tell_that_it_was_told_to_them(working: Town) -> None:
    """The ladder of Daye tells the community secretary; at the top of this small town the case stays with them."""
    case_id = await reported_before_the_holidays(working)
    (work,) = await working.rows(DueWork, subject_id=_row(case_id), kind=ESCALATE)
    async with working.services.database.write(working.tenant_id) as session:
        await HANDLERS[ESCALATE](session, work_id=work.id, actor=working.system, registry=working.services.registry)
    query = "query($id: ID!) { case(id: $id) { events(first: 9) { nodes { kind level told toldMe } } } }"
    for username, mine_too in (("secretary", True), ("resident", False)):
        answer = await working.ask(username, query, id=case_id)
        assert answer["errors"] == []
        first, second = answer["data"]["case"]["events"]["nodes"]
        assert first == {"kind": "REPORTED", "level": "community", "told": [], "toldMe": False}
        assert second == {
            "kind": "ESCALATED_OVERDUE",
            "level": "community",
            "told": ["community_secretary", "subdistrict_officer"],
            "toldMe": mine_too,
        }


SIMULATE = """query($input: SimulateEscalationInput!) { simulateEscalation(input: $input) {
  targets { kind dueAt } steps { number at action early level told } explain { day hours reason } warnings { code } } }"""


async def test_another_policy_can_be_tried(working: Town) -> None:
    case_id = await reported_before_the_holidays(working)
    answer = await working.ask("admin", SIMULATE, input={"caseId": case_id})
    assert answer["errors"] == []
    as_it_is = answer["data"]["simulateEscalation"]
    assert [datetime.fromisoformat(target["dueAt"]) for target in as_it_is["targets"]] == [
        REPORTED + timedelta(hours=1),
        DUE,
    ]
    assert [(step["number"], step["level"], step["told"]) for step in as_it_is["steps"]] == [
        (1, "subdistrict", ["community_secretary", "subdistrict_officer"]),
    ]
    given = {
        "severity": "GENERAL",
        "reportedAt": "2026-03-02T09:00:00+08:00",
        "organizationId": working.id("org", working.organizations["east"]),
        "limits": [{"target": "CONCLUDE", "limit": {"amount": 2, "unit": "DAYS"}}],
        "ladder": [
            {"afterSharePercent": 50, "action": "NOTIFY_ONLY"},
            {"afterSharePercent": 100},
            {"after": {"amount": 1, "unit": "DAYS"}},
            {"after": {"amount": 2, "unit": "DAYS"}},
        ],
    }
    other = (await working.ask("admin", SIMULATE, input=given))["data"]["simulateEscalation"]
    assert [(step["at"][:16], step["action"], step["early"], step["level"]) for step in other["steps"]] == [
        ("2026-03-03T01:00", "NOTIFY_ONLY", True, "community"),
        ("2026-03-04T01:00", "CLIMB", False, "subdistrict"),
        ("2026-03-05T01:00", "CLIMB", False, "city"),
        ("2026-03-06T01:00", "CLIMB", False, "city"),
    ]
    assert other["explain"] == [{"day": "2026-03-02", "hours": 48.0, "reason": "ELAPSED"}]
    assert len(await working.rows(CaseEvent)) == 1


@pytest.mark.parametrize(
    ("username", "given", "code"),
    [
        ("resident", {}, "FORBIDDEN"),
        ("admin", {}, "BAD_USER_INPUT"),
        ("admin", {"caseId": "case_0192f3c4-0000-7000-8000-000000000000"}, "NOT_FOUND"),
        ("admin", {"caseId": "org_0192f3c4-0000-7000-8000-000000000000"}, "NOT_FOUND"),
    ],
)
async def test_what_cannot_be_simulated(working: Town, username: str, given: dict[str, Any], code: str) -> None:
    answer = await working.ask(username, SIMULATE, input=given)
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


async def test_a_calendar_that_is_tried_is_that_of_an_organization(working: Town) -> None:
    case_id = await reported_before_the_holidays(working)
    (path,) = [each.path for each in await working.rows(Organization) if each.id == working.organizations["east"]]
    answer = await working.ask("admin", SIMULATE, input={"caseId": case_id, "calendar": path})
    assert answer["errors"] == []
    for wrong in ("nope/", f"{path}nope/", path[:-1], "\x00", ""):
        answer = await working.ask("admin", SIMULATE, input={"caseId": case_id, "calendar": wrong})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"]


async def test_a_plan_says_which_deadlines_move_and_a_run_says_how_far_it_is(
    town: Town, operators: Town, town_operator: Database
) -> None:
    await town.resident("resident")
    await town.member("admin", "tenant_admin")
    case = (await report(town, "resident"))["case"]
    text = document(deadlines={"from": "SUBMISSION", "limits": {"GENERAL": {"amount": 20, "unit": "DAYS"}}})
    fields = "deadlines { openCases lookedAt moved furthestMinutes moves { number before after } }"
    query = f"mutation($document: String!) {{ planTenant(input: {{document: $document}}) {{ {fields} }} }}"
    planned = (await operators.change(OPERATOR, query, document=text))["deadlines"]
    (move,) = planned.pop("moves")
    assert planned == {"openCases": 1, "lookedAt": 1, "moved": 1, "furthestMinutes": 14_400}
    (row,) = await town.rows(Case, id=_row(case["id"]))
    assert (move["number"], datetime.fromisoformat(move["before"])) == (row.number, row.due_at)
    assert datetime.fromisoformat(move["after"]) == row.due_at + timedelta(days=10)
    runs = "{ deadlineRuns(first: 5) { nodes { manifestVersion openCases lookedAt moved finishedAt } } }"
    assert (await town.ask("admin", runs))["data"]["deadlineRuns"]["nodes"] == []
    await apply_tenant(town_operator, text, actor=console_actor("test"))
    assert (await town.ask("admin", runs))["data"]["deadlineRuns"]["nodes"] == [
        {"manifestVersion": 2, "openCases": 1, "lookedAt": 0, "moved": 0, "finishedAt": None},
    ]
    assert (await town.ask("resident", runs))["data"]["deadlineRuns"]["nodes"] == []
