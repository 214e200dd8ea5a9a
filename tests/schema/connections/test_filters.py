"""Each filter lets through exactly the rows it is for: some, and never all."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from tests.fixtures.city import Api, Platform
from tests.schema.connections.conftest import All, Ask

Row = dict[str, Any]
SELECTIONS = {
    "cases": """id number status severity track category containment rating level reopenCount reportedAt resolvedAt
      grid { id organization { id path } } organization { id } claimant { id } handler { id }
      deadline { dueAt overdueAt }""",
    "grids": "id code name kind households validFrom validTo organization { id path } chief { id }",
    "organizations": "id code name level kind path parent { id }",
    "members": """id name organization { id path }
      appointments(first: 50, filter: {inForce: true}) { nodes { role } }""",
    "residents": "id name grid { id organization { id path } }",
    "volunteers": "id name stars verifiedMinutes registeredAt organization { id path }",
    "activities": "id title theme status startsAt placesLeft organization { id path }",
    "hourEntries": "id status servedOn minutes decidedAt activity { id } volunteer { id }",
}
COMPARED = {"==": operator.eq, ">=": operator.ge, "<=": operator.le, "<": operator.lt}
# Connection, filter, how the value is written, where it is in a row, how a row's value is compared with it.
ONE_VALUE = [  # connection, filter, literal's form, path of the value, comparison
    ("cases", "status", "[{}]", "status", "=="),
    ("cases", "severity", "[{}]", "severity", "=="),
    ("cases", "track", "[{}]", "track", "=="),
    ("cases", "category", '["{}"]', "category", "=="),
    ("cases", "rating", "[{}]", "rating", "=="),
    ("cases", "containment", "[{}]", "containment", "=="),
    ("cases", "level", '["{}"]', "level", "=="),
    ("cases", "number", '"{}"', "number", "=="),
    ("cases", "gridId", '"{}"', "grid.id", "=="),
    ("cases", "organizationId", '"{}"', "organization.id", "=="),
    ("cases", "handlerId", '"{}"', "handler.id", "=="),
    ("cases", "reportedSince", '"{}"', "reportedAt", ">="),
    ("cases", "reportedUntil", '"{}"', "reportedAt", "<"),
    ("cases", "dueSince", '"{}"', "deadline.dueAt", ">="),
    ("cases", "dueUntil", '"{}"', "deadline.dueAt", "<"),
    ("cases", "resolvedSince", '"{}"', "resolvedAt", ">="),
    ("cases", "resolvedUntil", '"{}"', "resolvedAt", "<"),
    ("grids", "code", '["{}"]', "code", "=="),
    ("grids", "kind", '["{}"]', "kind", "=="),
    ("grids", "organizationId", '"{}"', "organization.id", "=="),
    ("grids", "chiefId", '"{}"', "chief.id", "=="),
    ("grids", "minHouseholds", "{}", "households", ">="),
    ("grids", "maxHouseholds", "{}", "households", "<="),
    ("organizations", "code", '["{}"]', "code", "=="),
    ("organizations", "level", '["{}"]', "level", "=="),
    ("organizations", "kind", '["{}"]', "kind", "=="),
    ("organizations", "parentId", '"{}"', "parent.id", "=="),
    ("members", "name", '"{}"', "name", "=="),
    ("members", "organizationId", '"{}"', "organization.id", "=="),
    ("residents", "name", '"{}"', "name", "=="),
    ("residents", "gridId", '"{}"', "grid.id", "=="),
    ("volunteers", "name", '"{}"', "name", "=="),
    ("volunteers", "organizationId", '"{}"', "organization.id", "=="),
    ("volunteers", "minStars", "{}", "stars", ">="),
    ("volunteers", "minVerifiedMinutes", "{}", "verifiedMinutes", ">="),
    ("volunteers", "registeredSince", '"{}"', "registeredAt", ">="),
    ("volunteers", "registeredUntil", '"{}"', "registeredAt", "<"),
    ("activities", "status", "[{}]", "status", "=="),
    ("activities", "theme", '"{}"', "theme", "=="),
    ("activities", "organizationId", '"{}"', "organization.id", "=="),
    ("activities", "startsSince", '"{}"', "startsAt", ">="),
    ("activities", "startsUntil", '"{}"', "startsAt", "<"),
    ("hourEntries", "status", "[{}]", "status", "=="),
    ("hourEntries", "activityId", '"{}"', "activity.id", "=="),
    ("hourEntries", "minMinutes", "{}", "minutes", ">="),
    ("hourEntries", "maxMinutes", "{}", "minutes", "<="),
    ("hourEntries", "servedSince", '"{}"', "servedOn", ">="),
    ("hourEntries", "servedUntil", '"{}"', "servedOn", "<"),
    ("hourEntries", "decidedSince", '"{}"', "decidedAt", ">="),
    ("hourEntries", "decidedUntil", '"{}"', "decidedAt", "<"),
]


FLAGS: list[tuple[str, str, Callable[[Row], bool]]] = [
    ("cases", "rated", lambda row: row["rating"] is not None),
    ("cases", "claimed", lambda row: row["claimant"] is not None),
    ("cases", "overdue", lambda row: row["deadline"]["overdueAt"] is not None),
    (
        "cases",
        "open",
        lambda row: row["resolvedAt"] is None and row["status"] not in {"REJECTED", "WITHDRAWN", "MERGED"},
    ),
    ("cases", "reopened", lambda row: row["reopenCount"] > 0),
    ("grids", "hasChief", lambda row: row["chief"] is not None),
    ("activities", "hasPlaces", lambda row: row["placesLeft"] > 0),
    ("activities", "upcoming", lambda row: datetime.fromisoformat(row["startsAt"]) > datetime.now().astimezone()),
    ("hourEntries", "inActivity", lambda row: row["activity"] is not None),
]
IN_TREE = {
    "cases": "grid.organization",
    "grids": "organization",
    "members": "organization",
    "residents": "grid.organization",
    "volunteers": "organization",
    "activities": "organization",
}
CHANGES = (
    """update "case" set reopen_count = 1 where tenant_id = :t and number like '%1'""",
    """update "case" set containment = 'BIG' where tenant_id = :t and number like '%2'""",
    """update "case" set handler_id = (select member_id from account where tenant_id = :t and username = 'grid_worker')
       where tenant_id = :t and number like '%3'""",
    """update "case" set claimant_id = (select member_id from account where tenant_id = :t and username = 'grid_worker')
       where tenant_id = :t and number like '%6'""",
    """update "case" set changed_at = timestamptz '2020-02-02 02:02+00' where tenant_id = :t and number like '%4'""",
    """update "case" set track = 'TOPIC' where tenant_id = :t and number like '%5'""",
    "update grid set chief_id = null, valid_to = date '2026-01-31' where tenant_id = :t and code like '%1'",
    "update grid set households = 1 where tenant_id = :t and code like '%2'",
    """update volunteer set stars = 2, verified_minutes = 9000, registered_at = timestamptz '2020-01-01 00:00+00'
       where tenant_id = :t and id = (select min(id::text)::uuid from volunteer where tenant_id = :t)""",
    """update activity set status = 'CANCELED' where tenant_id = :t
       and id = (select min(id::text)::uuid from activity where tenant_id = :t)""",
    """update activity set capacity = signed_up where tenant_id = :t
       and id = (select max(id::text)::uuid from activity where tenant_id = :t)""",
    """update hour_entry set minutes = 7, activity_id = (select min(id::text)::uuid from activity where tenant_id = :t)
       where tenant_id = :t and id = (select min(id::text)::uuid from hour_entry where tenant_id = :t)""",
    """update hour_entry set status = 'ENTERED', decided_at = null where tenant_id = :t
       and id = (select max(id::text)::uuid from hour_entry where tenant_id = :t)""",
)


@pytest.fixture(autouse=True)
async def varied(platform: Platform) -> None:
    """What the demo data do not show of themselves."""
    tenant = await platform.tenant("jiamusi")
    async with platform.services.database.write(tenant.id) as session:
        for statement in CHANGES:
            await session.execute(text(statement).bindparams(t=tenant.id))


def at(path: str, row: Row) -> Any:
    """The value at a dotted path of a row, instants as instants; None where the way ends."""
    value: Any = row
    for step in path.split("."):
        value = value[step] if value is not None else None
    return datetime.fromisoformat(value) if isinstance(value, str) and value[10:11] == "T" else value


def ids(rows: list[Row]) -> set[str]:
    return {row["id"] for row in rows}


@pytest.mark.parametrize("field", SELECTIONS)
async def test_filters_of_a_value(page_through: All, field: str) -> None:
    rows = await page_through("tenant_admin", field, SELECTIONS[field])
    for _field, name, literal, path, sign in (line for line in ONE_VALUE if line[0] == field):
        values = sorted({at(path, row) for row in rows} - {None})
        chosen = values[len(values) // 2]
        compare = COMPARED[sign]
        wanted = ids([row for row in rows if at(path, row) is not None and compare(at(path, row), chosen)])
        assert 0 < len(wanted) < len(rows), name
        written = literal.format(chosen.isoformat() if isinstance(chosen, datetime) else chosen)
        found = await page_through("tenant_admin", field, "id", f", filter: {{{name}: {written}}}")
        assert ids(found) == wanted, name


@pytest.mark.parametrize("field", ["cases", "grids", "activities", "hourEntries"])
async def test_filters_of_a_fact(page_through: All, field: str) -> None:
    rows = await page_through("tenant_admin", field, SELECTIONS[field])
    for _field, name, holds in (line for line in FLAGS if line[0] == field):
        wanted = {True: ids([row for row in rows if holds(row)]), False: ids([row for row in rows if not holds(row)])}
        assert wanted[True], name
        assert wanted[False], name
        for flag, expected in wanted.items():
            found = await page_through("tenant_admin", field, "id", f", filter: {{{name}: {str(flag).lower()}}}")
            assert ids(found) == expected, name


@pytest.mark.parametrize(("field", "place"), IN_TREE.items())
async def test_a_filter_of_the_tree(ask: Ask, page_through: All, field: str, place: str) -> None:
    rows = await page_through("tenant_admin", field, SELECTIONS[field])
    path = at(f"{place}.path", rows[0])
    above = "/".join(path.split("/")[:-2]) + "/"
    tree = (await ask("tenant_admin", "{ organizations(first: 100) { nodes { id path } } }"))["organizations"]["nodes"]
    found_any = False
    for organization in tree:
        wanted = ids([row for row in rows if at(f"{place}.path", row).startswith(organization["path"])])
        found = await page_through(
            "tenant_admin", field, "id", f', filter: {{withinOrganizationId: "{organization["id"]}"}}'
        )
        assert ids(found) == wanted
        found_any |= 0 < len(wanted) < len(rows)
    assert found_any
    assert above in {organization["path"] for organization in tree}


@pytest.mark.parametrize("field", ["cases", "residents"])
async def test_a_place_is_a_grid_an_organization_or_all_below_one(page_through: All, field: str) -> None:
    rows = await page_through("tenant_admin", field, SELECTIONS[field])
    for row in rows[:3]:
        grid, organization = row["grid"], row["grid"]["organization"]
        for name, value, wanted in (
            ("gridId", grid["id"], [other for other in rows if other["grid"]["id"] == grid["id"]]),
            (
                "organizationId",
                organization["id"],
                [other for other in rows if other["grid"]["organization"]["id"] == organization["id"]],
            ),
            (
                "withinOrganizationId",
                organization["id"],
                [other for other in rows if other["grid"]["organization"]["path"].startswith(organization["path"])],
            ),
        ):
            found = await page_through("tenant_admin", field, "id", f', filter: {{place: {{{name}: "{value}"}}}}')
            assert ids(found) == ids(wanted)
            assert 0 < len(wanted) < len(rows)


@pytest.mark.parametrize("place", ["{}", '{gridId: "a", organizationId: "b"}', "{gridId: null}"])
async def test_a_place_is_exactly_one(api: Api, place: str) -> None:
    body = await api("jiamusi", "tenant_admin", f"{{ cases(filter: {{place: {place}}}) {{ totalCount }} }}")
    assert "data" not in body or body["data"] is None
    assert len(body["errors"]) == 1


async def test_organizations_within_one_and_directly_below_it(page_through: All) -> None:
    rows = await page_through("tenant_admin", "organizations", SELECTIONS["organizations"])
    for top in rows:
        found = await page_through(
            "tenant_admin", "organizations", "id", f', filter: {{withinOrganizationId: "{top["id"]}"}}'
        )
        assert ids(found) == ids([row for row in rows if row["path"].startswith(top["path"])])


async def test_members_by_role_in_force(page_through: All) -> None:
    rows = await page_through("tenant_admin", "members", SELECTIONS["members"])
    held = {row["id"]: {node["role"] for node in row["appointments"]["nodes"]} for row in rows}
    for roles in (["grid_worker"], ["grid_chief", "posted_member"], ["no_such_role"]):
        listed = ", ".join(f'"{role}"' for role in roles)
        found = await page_through("tenant_admin", "members", "id", f", filter: {{role: [{listed}]}}")
        assert ids(found) == {id_ for id_, has in held.items() if has & set(roles)}


async def test_an_ended_role_is_held_no_more(platform: Platform, page_through: All) -> None:
    tenant = await platform.tenant("jiamusi")
    before = await page_through("tenant_admin", "members", "id", ', filter: {role: ["grid_chief"]}')
    async with platform.services.database.write(tenant.id) as session:
        await session.execute(
            text("update appointment set ended_at = now() where tenant_id = :t and role = 'grid_chief'").bindparams(
                t=tenant.id
            )
        )
    assert before
    assert await page_through("tenant_admin", "members", "id", ', filter: {role: ["grid_chief"]}') == []
    selection = """id now: appointments(filter: {inForce: true, role: ["grid_chief"]}) { totalCount }
      over: appointments(filter: {inForce: false, scope: [GRID]}) { totalCount }
      term: appointments(filter: {role: ["grid_chief"], termOn: "2026-11-01"}) { totalCount }
      long_ago: appointments(filter: {role: ["grid_chief"], termOn: "1999-01-01"}) { totalCount }"""
    chiefs = [row for row in await page_through("tenant_admin", "members", selection) if row["id"] in ids(before)]
    counts = {(row["now"]["totalCount"], row["over"]["totalCount"], row["long_ago"]["totalCount"]) for row in chiefs}
    assert counts == {(0, 1, 0)}


async def test_cases_in_ones_own_hands(ask: Ask, page_through: All) -> None:
    mine = (await ask("grid_worker", "{ viewer { member { id } } }"))["viewer"]["member"]["id"]
    rows = await page_through("grid_worker", "cases", "id handler { id }")
    held = ids([row for row in rows if row["handler"] is not None and row["handler"]["id"] == mine])
    assert 0 < len(held) < len(rows)
    assert ids(await page_through("grid_worker", "cases", "id", ", filter: {handledByMe: true}")) == held
    others = await page_through("grid_worker", "cases", "id", ", filter: {handledByMe: false}")
    assert ids(others) == ids(rows) - held
    assert await page_through("resident", "cases", "id", ", filter: {handledByMe: true}") == []


async def test_a_filter_by_a_member_tells_nobody_what_the_field_does_not(ask: Ask, page_through: All) -> None:
    """A resident sees no members: no case of theirs may be found by its handler."""
    rows = await page_through("tenant_admin", "cases", "id handler { id }")
    seen = ids(await page_through("resident", "cases", "id"))
    handled = [row for row in rows if row["id"] in seen and row["handler"] is not None]
    assert handled
    for row in handled:
        found = await page_through("resident", "cases", "id", f', filter: {{handlerId: "{row["handler"]["id"]}"}}')
        assert found == []
    assert (await ask("resident", "{ members { totalCount } }"))["members"]["totalCount"] == 0


async def test_cases_by_their_last_change(page_through: All) -> None:
    rows = await page_through("tenant_admin", "cases", "id number")
    changed = ids([row for row in rows if row["number"].endswith("4")])
    until = ', filter: {changedUntil: "2020-02-02T02:02:01Z"}'
    assert ids(await page_through("tenant_admin", "cases", "id", until)) == changed
    since = ', filter: {changedSince: "2020-02-02T02:02:01Z"}'
    assert ids(await page_through("tenant_admin", "cases", "id", since)) == ids(rows) - changed


async def test_grids_that_stood_on_a_day(page_through: All) -> None:
    rows = await page_through("tenant_admin", "grids", SELECTIONS["grids"])
    ended = ids([row for row in rows if row["validTo"] == "2026-01-31"])
    assert ended
    for day, expected in (("2026-01-31", ids(rows)), ("2026-02-01", ids(rows) - ended), ("1990-01-01", set())):
        assert ids(await page_through("tenant_admin", "grids", "id", f', filter: {{validOn: "{day}"}}')) == expected


async def test_the_history_of_a_case(ask: Ask) -> None:
    query = """{ cases(first: 50) { nodes { events(first: 50) { nodes { id kind toStatus actorRole at } }
      reported: events(filter: {kind: [REPORTED]}) { nodes { id } }
      led: events(filter: {toStatus: [ACCEPTED, IN_PROGRESS]}) { nodes { id } }
      role: events(filter: {actorRole: ["grid_worker"]}) { nodes { id } } } } }"""
    cases = (await ask("tenant_admin", query))["cases"]["nodes"]
    for case in cases:
        events = case["events"]["nodes"]
        assert ids(case["reported"]["nodes"]) == ids([e for e in events if e["kind"] == "REPORTED"])
        assert ids(case["led"]["nodes"]) == ids([e for e in events if e["toStatus"] in {"ACCEPTED", "IN_PROGRESS"}])
        assert ids(case["role"]["nodes"]) == ids([e for e in events if e["actorRole"] == "grid_worker"])
    assert any(case["led"]["nodes"] and len(case["led"]["nodes"]) < len(case["events"]["nodes"]) for case in cases)
    long = max(cases, key=lambda case: len(case["events"]["nodes"]))["events"]["nodes"]
    moment = max(event["at"] for event in long)
    query = """query($at: DateTime!) { cases(first: 50) { nodes { all: events(first: 50) { nodes { at } }
      since: events(first: 50, filter: {since: $at}) { nodes { at } }
      until: events(first: 50, filter: {until: $at}) { nodes { at } } } } }"""
    for case in (await ask("tenant_admin", query, at=moment))["cases"]["nodes"]:
        assert all(at("at", event) >= datetime.fromisoformat(moment) for event in case["since"]["nodes"])
        assert len(case["since"]["nodes"]) + len(case["until"]["nodes"]) == len(case["all"]["nodes"])


async def test_teams_postings_and_sign_ups(ask: Ask) -> None:
    query = """{ grids { nodes { team(first: 50) { nodes { id capacity } }
        workers: team(filter: {capacity: ["GRID_WORKER", "FULL_TIME", "FULLTIME_GRID_WORKER"]}) { nodes { capacity } } } }
      activities { nodes { all: signUps { totalCount } none: signUps(filter: {until: "2001-01-01T00:00:00Z"}) { totalCount }
        every: signUps(filter: {since: "2001-01-01T00:00:00Z"}) { totalCount } } }
      members(filter: {role: ["posted_member"]}) { nodes { now: postings(filter: {inForce: true}) { totalCount }
        over: postings(filter: {inForce: false}) { totalCount } } } }"""
    found = await ask("tenant_admin", query)
    for grid in found["grids"]["nodes"]:
        capacities = {node["capacity"] for node in grid["team"]["nodes"]}
        workers = {node["capacity"] for node in grid["workers"]["nodes"]}
        assert workers == capacities & {"GRID_WORKER", "FULL_TIME", "FULLTIME_GRID_WORKER"} < capacities
    for activity in found["activities"]["nodes"]:
        assert activity["none"]["totalCount"] == 0 < activity["every"]["totalCount"] == activity["all"]["totalCount"]
    assert {(m["now"]["totalCount"], m["over"]["totalCount"]) for m in found["members"]["nodes"]} == {(1, 0)}


async def test_the_policy_of_health_checks(api: Api) -> None:
    query = """{ all: healthCheckPolicies { totalCount } women: healthCheckPolicies(filter: {sex: [FEMALE]}) { nodes { sex } }
      never: healthCheckPolicies(filter: {effectiveUntil: "1990-01-01"}) { totalCount }
      ever: healthCheckPolicies(filter: {effectiveSince: "1990-01-01"}) { totalCount } }"""
    found = (await api("daye", "resident", query))["data"]
    assert {node["sex"] for node in found["women"]["nodes"]} == {"FEMALE"}
    assert found["never"]["totalCount"] == 0 < len(found["women"]["nodes"]) < found["all"]["totalCount"]
    assert found["ever"] == found["all"]
