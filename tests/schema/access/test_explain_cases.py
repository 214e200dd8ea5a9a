"""explainAccess about cases says what the mutations do: by custody, by hand, by what the person sees."""

from __future__ import annotations

from typing import Any

import pytest

from server.cases.models import Case
from server.onboarding.service import apply_tenant, console_actor
from tenants.manifest import shipped
from tenants.manifest.faults import parse
from tenants.sessions import Database
from tests.fixtures.town import WEST, Town
from tests.schema.access.test_explain import explained, whys
from tests.schema.cases.test_mutations import report, step

ROLES = ("first_secretary", "community_secretary", "grid_chief", "posted_member", "police")
NAME = {"zh-CN": "夜班", "en": "Night clerk"}


@pytest.fixture
async def people(town: Town) -> dict[str, str]:
    """The public ids of some in the east and a neighbor in the west, and of an administrator."""
    await town.member("admin", "tenant_admin")
    found = {role: town.id("member", await town.member(role, role)) for role in ROLES}
    found["away"] = town.id("member", await town.member("away", "community_secretary", WEST))
    found["resident"] = town.id("resident", await town.resident("resident"))
    return found


async def _refused(town: Town, username: str, name: str, case: dict[str, Any], **words: Any) -> str | None:
    errors = (await step(town, username, name, case, **words))["userErrors"]
    return errors[0]["code"] if errors else None


async def _in_hand(town: Town) -> dict[str, Any]:
    case: dict[str, Any] = (await report(town, "resident"))["case"]
    for username, name in (
        ("first_secretary", "dispatchCase"),
        ("posted_member", "claimCase"),
        ("posted_member", "startCase"),
    ):
        case = (await step(town, username, name, case))["case"]
    return case


async def test_who_has_the_case_in_hand_may_wherever_the_role_is(town: Town, people: dict[str, str]) -> None:
    case = await _in_hand(town)
    found = await explained(town, people["posted_member"], "case:resolve", case["id"])
    assert (found["allowed"], whys(found)) == (True, [("GIVES", "posted_member")])
    before = await explained(town, people["police"], "case:resolve", case["id"])
    assert (before["allowed"], whys(before)) == (False, [("ELSEWHERE", "police"), ("UNSEEN", None)])
    (row,) = await town.rows(Case)
    async with town.services.database.write(town.tenant_id) as session:
        changed = await session.get_one(Case, (town.tenant_id, row.id))
        changed.handler_id = (await town.actor("police")).member_id
    after = await explained(town, people["police"], "case:resolve", case["id"])
    assert (after["allowed"], whys(after)) == (True, [("GIVES", "police")])


async def test_what_a_person_does_not_see_they_may_not_do(town: Town, people: dict[str, str]) -> None:
    case = (await report(town, "resident"))["case"]
    away = await explained(town, people["away"], "case:accept", case["id"])
    assert (away["allowed"], whys(away)) == (False, [("ELSEWHERE", "community_secretary"), ("UNSEEN", None)])
    assert await _refused(town, "away", "acceptCase", case) == "NOT_FOUND"
    own = await explained(town, people["resident"], "case:read", case["id"])
    assert (own["allowed"], whys(own)) == (True, [("GIVES", "resident")])
    police = await explained(town, people["police"], "case:read", case["id"])
    assert (police["allowed"], whys(police)) == (False, [("ELSEWHERE", "police"), ("UNSEEN", None)])


async def test_a_role_of_the_city_s_own_gives_what_it_says(
    town: Town,
    town_operator: Database,
    people: dict[str, str],
) -> None:
    document = parse(shipped.text("daye")).document()
    clerk = {"slug": "night_clerk", "name": NAME, "scope": "GRID", "permissions": ["case:dispatch", "case:read"]}
    document["roles"] = [*document["roles"], clerk]
    document["identity"]["totp_required_roles"] = ["grid_chief"]
    await apply_tenant(town_operator, parse(document).model_dump_json(), actor=console_actor("test"))
    town.services.registry.forget()
    clerk_id = town.id("member", await town.member("clerk", "night_clerk"))
    actor = await town.actor("clerk")
    assert sorted(actor.access) == ["case:dispatch", "case:read"]
    case = (await report(town, "resident"))["case"]
    found = await explained(town, clerk_id, "case:read", case["id"])
    assert (found["allowed"], whys(found)) == (True, [("GIVES", "night_clerk")])
    assert "night_clerk" in found["givenBy"]
    dispatching = await explained(town, clerk_id, "case:dispatch", case["id"])
    assert (dispatching["allowed"], whys(dispatching)) == (False, [("ELSEWHERE", "night_clerk")])
    assert await _refused(town, "clerk", "dispatchCase", case) == "FORBIDDEN"  # DY-08 names the first secretary
    chief = await explained(town, people["grid_chief"], "case:read", case["id"])
    assert (chief["allowed"], whys(chief)) == (False, [("GIVES", "grid_chief"), ("AUTHENTICATOR_MISSING", None)])
    assert (await town.actor("grid_chief")).access == {}
