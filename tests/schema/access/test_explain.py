"""explainAccess says what the deciding code decides, names rule, scope and what is missing, and tells no secret."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from server.access.service.previewing import preview_role_change
from server.accounts.models import Account
from server.members.models import Appointment, Member, Posting
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Reach
from tenants.errors import NotPermitted
from tenants.ids import uuid7
from tenants.permissions import HEALTH_DATA, SEALED_MATTERS, Permission
from tests.fixtures.town import EAST, WEST, Town

EXPLAIN = """query($input: ExplainAccessInput!) { explainAccess(input: $input) { allowed permission givenBy
  reasons { why role appointmentId scope path gridId endedOn } } }"""
PREVIEW = """query($roles: String!) { previewRoleChange(input: {roles: $roles}) {
  roles { role people reaches { scope people } appeared vanished scopeBefore scopeAfter } faults { path message } } }"""


async def explained(
    town: Town, subject: str, permission: str, thing: str | None = None, *, asker: str = "admin"
) -> Any:
    given = {"subjectId": subject, "permission": permission, "objectId": thing}
    answer = await town.ask(asker, EXPLAIN, input=given)
    assert answer["errors"] == []
    return answer["data"]["explainAccess"]


async def code(town: Town, subject: str, permission: str, thing: str | None = None, *, asker: str = "admin") -> str:
    given = {"subjectId": subject, "permission": permission, "objectId": thing}
    (error,) = (await town.ask(asker, EXPLAIN, input=given))["errors"]
    found: str = error["extensions"]["code"]
    return found


def whys(found: Any) -> list[tuple[str, str | None]]:
    return [(reason["why"], reason["role"]) for reason in found["reasons"]]


@pytest.fixture
async def people(town: Town) -> dict[str, str]:
    """The public ids of some who serve in the east, and of an administrator."""
    await town.member("admin", "tenant_admin")
    roles = ("community_secretary", "grid_worker", "analyst", "posted_member", "health_worker")
    return {role: town.id("member", await town.member(role, role)) for role in roles}


async def test_the_answer_is_what_decides_for_every_permission_role_and_place(
    town: Town,
    people: dict[str, str],
) -> None:
    places = {EAST: town.id("grid", town.grids[EAST]), WEST: town.id("grid", town.grids[WEST])}
    for role, member in people.items():
        actor = await town.actor(role)
        for place, grid in places.items():
            for permission in list(Permission)[::4]:
                allowed = True
                try:
                    authorize(actor, permission, path=town.paths[place], grid_id=town.grids[place])
                except NotPermitted:
                    allowed = False
                found = await explained(town, member, permission.value, grid)
                assert (found["allowed"], found["permission"]) == (allowed, permission.value), (role, place)
                assert ("GIVES" in [reason["why"] for reason in found["reasons"]]) == allowed


async def test_it_names_the_role_the_appointment_and_the_path(town: Town, people: dict[str, str]) -> None:
    (row,) = await town.rows(Appointment, role="community_secretary")
    found = await explained(town, people["community_secretary"], "case:accept", town.id("grid", town.grids[EAST]))
    assert found["reasons"] == [
        {
            "why": "GIVES",
            "role": "community_secretary",
            "appointmentId": town.id("appointment", row.id),
            "scope": "ORGANIZATION",
            "path": town.paths[EAST],
            "gridId": None,
            "endedOn": None,
        }
    ]
    assert "community_secretary" in found["givenBy"]
    away = await explained(town, people["community_secretary"], "case:accept", town.id("grid", town.grids[WEST]))
    assert (away["allowed"], whys(away)) == (False, [("ELSEWHERE", "community_secretary")])
    nothing = await explained(town, people["analyst"], "case:accept")
    assert (nothing["allowed"], whys(nothing)) == (False, [("NO_ROLE", None)])


async def test_it_says_when_a_term_ended_and_that_a_posting_is_missing(town: Town, people: dict[str, str]) -> None:
    (secretary,) = await town.rows(Appointment, role="community_secretary")
    (posting,) = await town.rows(Posting)
    async with town.services.database.write(town.tenant_id) as session:
        row = await session.get_one(Appointment, (town.tenant_id, secretary.id))
        row.ends_on = date(2021, 5, 31)
        (await session.get_one(Posting, (town.tenant_id, posting.id))).ended_at = now()
    found = await explained(town, people["community_secretary"], "case:accept")
    assert (found["allowed"], whys(found)) == (False, [("ENDED", "community_secretary")])
    assert found["reasons"][0]["endedOn"] == "2021-05-31"
    posted = await explained(town, people["posted_member"], "case:claim")
    assert (posted["allowed"], whys(posted)) == (False, [("POSTING_MISSING", "posted_member")])


async def test_it_says_what_a_substitute_does_not_get(town: Town, people: dict[str, str]) -> None:
    (original,) = await town.rows(Appointment, role="tenant_admin")
    (analyst,) = await town.rows(Account, username="analyst")
    term = {"starts_on": original.starts_on, "substitutes_id": original.id, "substitution_reason": "On leave"}
    row = Appointment(
        tenant_id=town.tenant_id, id=uuid7(), member_id=analyst.member_id, role="tenant_admin", scope="TENANT", **term
    )
    await town.add(row)
    found = await explained(town, people["analyst"], "appointment:create")
    assert (found["allowed"], whys(found)) == (False, [("NOT_DELEGATED", "tenant_admin")])
    assert found["reasons"][0]["appointmentId"] == town.id("appointment", row.id)
    other = await explained(town, people["analyst"], "access:explain")
    assert (other["allowed"], whys(other)) == (True, [("GIVES", "tenant_admin")])


async def test_it_says_who_cannot_sign_in(town: Town, people: dict[str, str]) -> None:
    member_id = uuid7()
    home = town.organizations[EAST]
    await town.add(
        Member(
            tenant_id=town.tenant_id, id=member_id, organization_id=home, path=town.paths[EAST], name="Invented nobody"
        )
    )
    found = await explained(town, town.id("member", member_id), "grid:read")
    assert whys(found) == [("NO_ROLE", None), ("NO_ACCOUNT", None)]
    (account,) = await town.rows(Account, username="analyst")
    by_account = await explained(town, town.id("account", account.id), "dashboard:read")
    assert (by_account["allowed"], whys(by_account)) == (True, [("GIVES", "analyst")])
    async with town.services.database.write(town.tenant_id) as session:
        (await session.get_one(Account, (town.tenant_id, account.id))).status = "DISABLED"
    off = await explained(town, people["analyst"], "dashboard:read")
    assert (off["allowed"], whys(off)) == (False, [("GIVES", "analyst"), ("ACCOUNT_DISABLED", None)])


@pytest.mark.usefixtures("people")
async def test_a_resident_has_what_is_their_own(town: Town) -> None:
    resident = town.id("resident", await town.resident("resident"))
    own = await explained(town, resident, "resident:read", resident)
    assert (own["allowed"], whys(own)) == (True, [("GIVES", "resident")])
    other = town.id("resident", await town.resident("neighbor"))
    foreign = await explained(town, resident, "resident:read", other)
    assert (foreign["allowed"], whys(foreign)) == (False, [("ELSEWHERE", "resident")])


@pytest.mark.parametrize("right", sorted(HEALTH_DATA | SEALED_MATTERS)[::3])
async def test_health_and_sealed_are_outside_by_design(town: Town, right: Permission) -> None:
    admin = town.id("member", await town.member("admin", "tenant_admin"))
    found = await explained(town, admin, right.value)
    design = "HEALTH_BY_DESIGN" if right in HEALTH_DATA else "SEALED_BY_DESIGN"
    assert (found["allowed"], whys(found)) == (False, [("NO_ROLE", None), (design, None)])


async def test_who_asks_learns_nothing_of_what_they_do_not_see(town: Town, people: dict[str, str]) -> None:
    admin = people["analyst"]
    for thing in (town.id("case", uuid7()), town.id("sealed", uuid7()), town.id("healthrecord", uuid7()), "nonsense"):
        assert await code(town, admin, "case:read", thing) == "NOT_FOUND"
    for subject in (town.id("member", uuid7()), town.id("account", uuid7()), town.id("case", uuid7()), "nonsense"):
        assert await code(town, subject, "case:read") == "NOT_FOUND"
    assert await code(town, admin, "case:invent") == "PERMISSION_UNKNOWN"
    assert await code(town, admin, "case:read", asker="community_secretary") == "FORBIDDEN"


@pytest.mark.usefixtures("people")
async def test_a_preview_counts_what_would_appear_and_vanish(town: Town) -> None:
    manifest = await town.manifest()
    roles = [role.model_dump(mode="json") for role in manifest.roles if role.slug != "health_worker"]
    for role in roles:
        if role["slug"] == "analyst":
            role["permissions"] = ["dashboard:read", "member:read"]
    document = json.dumps(
        {"roles": [*roles, {"slug": "clerk", "name": roles[0]["name"], "scope": "OWN", "permissions": ["grid:read"]}]}
    )
    answer = await town.ask("admin", PREVIEW, roles=document)
    assert (answer["errors"], answer["data"]["previewRoleChange"]["faults"]) == ([], [])
    found = {change.pop("role"): change for change in answer["data"]["previewRoleChange"]["roles"]}
    assert list(found) == ["analyst", "clerk", "health_worker"]
    assert found["analyst"] == {
        "people": 1,
        "reaches": [{"scope": "TENANT", "people": 1}],
        "appeared": ["member:read"],
        "vanished": ["grid:read", "organization:read"],
        "scopeBefore": "TENANT",
        "scopeAfter": "TENANT",
    }
    assert (found["clerk"]["people"], found["clerk"]["appeared"], found["clerk"]["scopeBefore"]) == (
        0,
        ["grid:read"],
        None,
    )
    assert (found["health_worker"]["people"], found["health_worker"]["scopeAfter"]) == (1, None)
    assert len(found["health_worker"]["vanished"]) == 4


async def test_a_preview_names_the_faults_by_path(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    roles = "roles: [{slug: tenant_admin}, {slug: dispatcher, permissions: [case:dispatch, tenant:read, sealed:read]}]"
    answer = await town.ask("admin", PREVIEW, roles=roles)
    paths = [fault["path"] for fault in answer["data"]["previewRoleChange"]["faults"]]
    assert {"/roles/1/permissions/0", "/roles/1/permissions/1"} <= set(paths)
    for text in ("[]", "{roles: [], slug: daye}", "{"):
        faults = (await town.ask("admin", PREVIEW, roles=text))["data"]["previewRoleChange"]["faults"]
        assert len(faults) >= 1


async def test_a_preview_counts_the_whole_city_and_needs_the_right_there(town: Town) -> None:
    member_id = await town.member("helper", "community_secretary")
    here = Reach(paths=(town.paths[EAST],))
    helper = replace(await town.actor("helper"), access={Permission.ACCESS_EXPLAIN: here})
    manifest = await town.manifest()
    permissions = await town.services.accounts.actors.permissions(town.tenant_id)
    async with town.services.database.write(town.tenant_id) as session:
        with pytest.raises(NotPermitted) as refused:
            await preview_role_change(
                session, proposed=manifest, manifest=manifest, permissions=permissions, now=now(), actor=helper
            )
    assert (refused.value.code, helper.member_id) == ("FORBIDDEN", member_id)
