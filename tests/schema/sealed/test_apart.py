"""Who may have to do with a sealed matter: its zone, the leads, and nobody of those it is about (FD-01, FD-03, T26)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from server.accounts.models import Account
from server.members.models import Appointment, Posting
from server.sealed.models import SealedAccess, SealedCase
from tenants.clock import now
from tenants.ids import uuid7
from tests.fixtures.town import Town
from tests.schema.sealed.offices import READ, STEPS, County, codes, county

LIST = "{ sealedCases { totalCount nodes { id } } }"
WORDS: dict[str, dict[str, Any]] = {
    "analyzeSealed": {"factors": [], "note": "x"},
    "assignSealed": {},
    "beginSealedInquiry": {},
    "transferSealed": {"target": "x", "note": "x"},
    "giveSealedFeedback": {"allegation": 1, "text": "x"},
    "closeSealed": {},
}
APPOINT = """mutation($input: AppointMemberInput!) { %s(input: $input) {
  appointment { id role } userErrors { code field } } }"""


@pytest.fixture
async def offices(town: Town) -> County:
    return await county(town)


async def sees(offices: County, username: str, id_: str) -> bool:
    """Whether somebody sees a matter: in the list, by its id and as a node alike."""
    found = await offices.ask(username, LIST)
    listed = id_ in [node["id"] for node in found["nodes"]]
    assert found["totalCount"] == len(found["nodes"])
    one = (await offices.town.ask(username, READ, id=id_))["data"]["sealedCase"] is not None
    node = (await offices.town.ask(username, "query($id: ID!) { node(id: $id) { id } }", id=id_))["data"]["node"]
    assert one is listed
    assert (node is not None) is listed
    return listed


async def viewers(offices: County, id_: str) -> set[str]:
    everybody = ("lead", "officer", "other-officer", "t1-discipline", "t2-discipline")
    return {username for username in everybody if await sees(offices, username, id_)}


async def assigned(offices: County, about: str = "village") -> str:
    """A matter that zone 4 has."""
    await offices.report("lan", about)
    id_ = await offices.newest()
    assert (await offices.step("officer", "analyzeSealed", id_, 1, factors=[], note="x"))["userErrors"] == []
    assert (await offices.step("officer", "assignSealed", id_, 2, zoneId=offices.zones["four"]))["userErrors"] == []
    return id_


async def test_the_members_of_its_zone_and_the_leads_read_a_matter(offices: County) -> None:
    await offices.report("lan")
    id_ = await offices.newest()
    assert await viewers(offices, id_) == {"lead", "officer"}
    id_ = await assigned(offices)
    assert await viewers(offices, id_) == {"lead", "officer", "t1-discipline"}
    for username in ("other-officer", "t2-discipline", "lan"):
        for name in STEPS:
            words = {"zoneId": offices.zones["three"]} if name == "assignSealed" else WORDS[name]
            expected = ["NOT_FOUND"]
            if username == "lan" or (username == "t2-discipline" and name in {"analyzeSealed", "assignSealed"}):
                expected = ["FORBIDDEN"]
            assert codes(await offices.step(username, name, id_, 3, **words)) == expected, (username, name)
    assert codes(await offices.step("t1-discipline", "assignSealed", id_, 3, zoneId=offices.zones["four"])) == [
        "FORBIDDEN"
    ]
    assert codes(await offices.step("officer", "closeSealed", id_, 2)) == ["VERSION_CONFLICT"]


async def test_another_zone_takes_a_matter_over_with_all_sight_of_it(offices: County) -> None:
    id_ = await assigned(offices)
    moved = await offices.step("lead", "assignSealed", id_, 3, zoneId=offices.zones["three"])
    assert moved["sealedCase"] == {"status": "ZONE_ASSIGNED", "version": 4}
    assert await viewers(offices, id_) == {"lead", "other-officer", "t2-discipline"}
    target = offices.town.id("org", offices.town.organizations["t1d"])
    handed = await offices.step("other-officer", "transferSealed", id_, 4, target="T1", organizationId=target, note="x")
    assert handed["userErrors"] == []
    assert await viewers(offices, id_) == {"lead", "other-officer", "t2-discipline", "t1-discipline"}
    (row,) = await offices.town.rows(SealedCase)
    assert row.owner_id == offices.town.organizations["t1d"]


async def test_nobody_at_or_below_whom_it_is_about_sees_it_whatever_the_role(offices: County) -> None:
    town = offices.town
    id_ = await assigned(offices, about="t1")
    assert await viewers(offices, id_) == {"lead", "officer"}
    assert codes(await offices.step("t1-discipline", "beginSealedInquiry", id_, 3)) == ["NOT_FOUND"]
    second = await town.member("second-lead", "discipline_lead", "village")
    assert not await sees(offices, "second-lead", id_)
    third = await town.member("third-lead", "discipline_lead", "other")
    assert await sees(offices, "third-lead", id_)
    terms: dict[str, Any] = {"tenant_id": town.tenant_id, "member_id": third, "starts_on": date(2020, 1, 1)}
    place = town.organizations["village"]
    posting = Posting(id=uuid7(), organization_id=place, **terms)
    secretary = Appointment(
        id=uuid7(), organization_id=place, role="community_secretary", scope="ORGANIZATION", **terms
    )
    for row, model in ((posting, Posting), (secretary, Appointment)):
        row_id = row.id
        await town.add(row)
        assert not await sees(offices, "third-lead", id_), model
        async with town.services.database.write(town.tenant_id) as session:
            here = model.tenant_id == town.tenant_id, model.id == row_id
            await session.execute(update(model).where(*here).values(ended_at=now()))
        assert await sees(offices, "third-lead", id_), model
    assert {row.member_id for row in await town.rows(SealedAccess)} & {second} == set()


async def test_a_report_goes_at_least_one_level_up_to_somebody_apart(offices: County) -> None:
    town = offices.town

    async def owner(about: str) -> str | None:
        assert (await offices.report("lan", about))["userErrors"] == []
        row = (await town.rows(SealedCase))[-1]
        return next((code for code, id_ in town.organizations.items() if id_ == row.owner_id), None)

    assert await owner("village") == "discipline"
    await town.member("t1-officer", "discipline_office", "t1d")
    assert await owner("village") == "t1d"
    assert await owner("t1") == "discipline"
    assert await owner("discipline") == "other"
    assert await owner("t1d") == "discipline"
    refused = await offices.report("lan", "root")
    assert codes(refused) == ["SEALED_NOBODY_ABOVE"]


async def test_a_zone_led_by_whom_it_is_about_cannot_have_it_nor_can_they_be_handed_it(offices: County) -> None:
    await offices.report("lan", "other")
    id_ = await offices.newest()
    await offices.step("officer", "analyzeSealed", id_, 1, factors=["PEER_SUPERVISION"], note="x")
    refused = await offices.step("officer", "assignSealed", id_, 2, zoneId=offices.zones["three"])
    assert codes(refused) == ["SEALED_ZONE_CONFLICT"]
    target = offices.town.id("org", offices.town.organizations["other"])
    refused = await offices.step("officer", "transferSealed", id_, 2, target="x", organizationId=target, note="x")
    assert codes(refused) == ["SEALED_TARGET_CONFLICT"]
    taken = await offices.step("officer", "assignSealed", id_, 2, zoneId=offices.zones["four"])
    assert taken["userErrors"] == []


async def test_leads_appoint_to_discipline_and_administrators_do_not(offices: County) -> None:
    town = offices.town
    await town.member("admin", "tenant_admin")
    someone = await town.member("someone", None, "group")
    given = {"memberId": town.id("member", someone), "role": "discipline_office"}
    given["organizationId"] = town.id("org", town.organizations["group"])
    assert codes(await offices.ask("admin", APPOINT % "appointMember", input=given)) == ["FORBIDDEN"]
    assert codes(await offices.ask("admin", APPOINT % "appointToDiscipline", input=given)) == ["FORBIDDEN"]
    ordinary = {"memberId": given["memberId"], "role": "tenant_admin"}
    assert codes(await offices.ask("lead", APPOINT % "appointToDiscipline", input=ordinary)) == ["FORBIDDEN"]
    made = await offices.ask("lead", APPOINT % "appointToDiscipline", input=given)
    assert made["appointment"]["role"] == "discipline_office"
    end = {"appointmentId": made["appointment"]["id"]}
    query = APPOINT.replace("AppointMemberInput", "EndAppointmentInput")
    assert codes(await offices.ask("admin", query % "endAppointment", input=end)) == ["FORBIDDEN"]
    assert (await offices.ask("lead", query % "endDisciplineAppointment", input=end))["userErrors"] == []


async def test_zones_have_versions_and_rules_that_their_members_see(offices: County) -> None:
    issue = """mutation($input: IssueZoneRuleInput!) { issueZoneRule(input: $input) {
      zoneRule { title version status effectiveFrom } userErrors { code field } } }"""
    rule = {"zoneId": offices.zones["four"], "title": "Work rules", "status": "TRIAL", "effectiveFrom": "2022-04-01"}
    assert (await offices.ask("lead", issue, input=rule))["zoneRule"]["version"] == 1
    early = {**rule, "effectiveFrom": "2022-03-31"}
    assert codes(await offices.ask("lead", issue, input=early)) == ["ZONE_RULE_DATE"]
    later = {**rule, "status": "IN_FORCE", "effectiveFrom": "2023-04-01"}
    assert (await offices.ask("lead", issue, input=later))["zoneRule"] == {
        "title": "Work rules",
        "version": 2,
        "status": "IN_FORCE",
        "effectiveFrom": "2023-04-01",
    }
    query = "{ cooperationZones { nodes { name members { nodes { part leads } } rules { nodes { version } } } } }"
    zones = {
        username: [zone["name"] for zone in (await offices.ask(username, query))["nodes"]]
        for username in ("lead", "officer", "t1-discipline", "t2-discipline", "lan")
    }
    assert zones == {
        "lead": ["Zone 3", "Zone 4"],
        "officer": ["Zone 3", "Zone 4"],
        "t1-discipline": ["Zone 4"],
        "t2-discipline": ["Zone 3"],
        "lan": [],
    }
    (zone,) = (await offices.ask("t1-discipline", query))["nodes"]
    assert zone["rules"]["nodes"] == [{"version": 2}, {"version": 1}]
    assert sorted((node["part"], node["leads"]) for node in zone["members"]["nodes"]) == [
        ("GROUP", False),
        ("OFFICE", True),
        ("TOWNSHIP", False),
    ]
    change = """mutation($input: ChangeCooperationZoneInput!) { changeCooperationZone(input: $input) {
      cooperationZone { name version members { totalCount } } userErrors { code field } } }"""
    office = {"organizationId": offices.town.id("org", offices.town.organizations["other"]), "part": "OFFICE"}
    given = {"zoneId": offices.zones["four"], "expectedVersion": 1, "name": "Zone 4", "members": [office]}
    assert codes(await offices.ask("lead", change, input=given)) == ["ZONE_INVALID"]
    given["members"] = [{**office, "leads": True}]
    assert codes(await offices.ask("lead", change, input={**given, "name": "Zone 3"})) == ["ZONE_NAME_TAKEN"]
    id_ = await assigned(offices)
    changed = await offices.ask("lead", change, input=given)
    assert changed["cooperationZone"] == {"name": "Zone 4", "version": 2, "members": {"totalCount": 1}}
    assert await viewers(offices, id_) == {"lead", "other-officer"}
    assert codes(await offices.ask("lead", change, input=given)) == ["VERSION_CONFLICT"]


async def post(offices: County, member: UUID, code: str = "village") -> Posting:
    """As whoever may post does it."""
    town = offices.town
    place = town.organizations[code]
    row = Posting(
        tenant_id=town.tenant_id, id=uuid7(), member_id=member, organization_id=place, starts_on=date(2020, 1, 1)
    )
    await town.add(row)
    return row


async def member_of(offices: County, username: str) -> UUID:
    found = (await offices.town.actor(username)).member_id
    assert found is not None
    return found


async def conflict(offices: County, id_: str) -> tuple[bool, list[str], bool]:
    """What the lead reads of the conflict: whether there is one, whose, and whether the filter finds it."""
    query = "query($id: ID!) { sealedCase(id: $id) { inConflict conflicted { nodes { name } } } }"
    told = await offices.ask("lead", query, id=id_)
    found = await offices.ask("lead", "{ sealedCases(filter: {inConflict: true}) { nodes { id } } }")
    names = sorted(node["name"].removeprefix("Invented ") for node in told["conflicted"]["nodes"])
    return told["inConflict"], names, id_ in [node["id"] for node in found["nodes"]]


async def test_whose_sight_is_ended_by_a_posting_is_told_to_the_lead_until_it_is_assigned_anew(offices: County) -> None:
    """FD-03: the conflict is real, whoever made it; but it does not pass unseen."""
    id_ = await assigned(offices)
    assert await conflict(offices, id_) == (False, [], False)
    await post(offices, await member_of(offices, "t1-discipline"))
    assert await viewers(offices, id_) == {"lead", "officer"}
    assert await conflict(offices, id_) == (True, ["t1-discipline"], True)
    query = "query($id: ID!) { sealedCase(id: $id) { inConflict conflicted { totalCount } } }"
    answer = await offices.town.ask("officer", query, id=id_)
    assert answer["data"]["sealedCase"] == {"inConflict": True, "conflicted": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    moved = await offices.step("lead", "assignSealed", id_, 3, zoneId=offices.zones["three"])
    assert moved["userErrors"] == []
    assert await conflict(offices, id_) == (False, [], False)


async def test_those_bound_last_keep_their_sight_and_whoever_was_bound_before_never_gets_it(offices: County) -> None:
    """A matter is never left with nobody: the lead goes on until somebody apart has it."""
    id_ = await assigned(offices)
    long_bound = await offices.town.member("bound-lead", "discipline_lead", "village")
    postings = [await post(offices, await member_of(offices, name)) for name in ("officer", "t1-discipline", "lead")]
    assert await viewers(offices, id_) == {"lead", "officer", "t1-discipline"}
    assert not await sees(offices, "bound-lead", id_)
    assert await conflict(offices, id_) == (True, ["lead", "officer", "t1-discipline"], True)
    assert long_bound not in [posting.member_id for posting in postings]
    moved = await offices.step("lead", "assignSealed", id_, 3, zoneId=offices.zones["three"])
    assert moved["userErrors"] == []
    assert await viewers(offices, id_) == {"other-officer", "t2-discipline"}


async def test_whoever_may_not_sign_in_any_more_is_not_somebody_left(offices: County) -> None:
    id_ = await assigned(offices)
    for name in ("officer", "t1-discipline"):
        await post(offices, await member_of(offices, name))
    assert await viewers(offices, id_) == {"lead"}
    lead = await member_of(offices, "lead")
    async with offices.town.services.database.write(offices.town.tenant_id) as session:
        here = Account.tenant_id == offices.town.tenant_id, Account.member_id == lead
        await session.execute(update(Account).where(*here).values(status="DISABLED"))
    assert [await sees(offices, name, id_) for name in ("officer", "t1-discipline")] == [True, True]


@given(st.lists(st.sampled_from(["lead", "officer", "t1-discipline"]), min_size=1, max_size=4))
@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whomever_an_administrator_posts_there_somebody_still_sees_it(offices: County, posted: list[str]) -> None:
    """In any order: those apart see it, or, with nobody apart, all who had it; and the lead is told of the others."""
    everybody = {"lead", "officer", "t1-discipline"}
    id_ = await assigned(offices)
    rows = []
    for place, username in enumerate(posted):
        rows.append(await post(offices, await member_of(offices, username)))
        bound = set(posted[: place + 1])
        assert await viewers(offices, id_) == (everybody - bound or everybody)
    async with offices.town.services.database.write(offices.town.tenant_id) as session:
        here = Posting.tenant_id == offices.town.tenant_id, Posting.id.in_([row.id for row in rows])
        await session.execute(update(Posting).where(*here).values(ended_at=now()))
    assert await viewers(offices, id_) == everybody
