"""Applications as administrators see and change them."""

from __future__ import annotations

from typing import Any

import pytest

from server.applications.models import ApiKey
from server.events.models import AuditEntry, Event
from tests.fixtures.town import EAST, Town

TERMS = {"contact": "Invented Desk", "purpose": "Shows the board.", "scopes": ["grid:read", "case:read"]}
REGISTER = """mutation($input: RegisterApplicationInput!) { registerApplication(input: $input) {
  application { id name contact purpose scopes networks client status expiresAt version
    organization { id } grid { id } keys { nodes { id } } } userErrors { code field } } }"""
UPDATE = """mutation($input: UpdateApplicationInput!) { updateApplication(input: $input) {
  application { version scopes networks organization { id } grid { id } expiresAt } userErrors { code field } } }"""
SUSPEND = """mutation($input: SuspendApplicationInput!) { suspendApplication(input: $input) {
  application { status version } userErrors { code } } }"""
RESUME = """mutation($input: ResumeApplicationInput!) { resumeApplication(input: $input) {
  application { status version } userErrors { code } } }"""
CREATE = """mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  secret apiKey { id hint good expiresAt lastUsedAt application { name } } userErrors { code field } } }"""
ROTATE = """mutation($input: RotateApiKeyInput!) { rotateApiKey(input: $input) {
  secret apiKey { id good } userErrors { code field } } }"""
REVOKE = """mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) {
  apiKey { good revokedAt } userErrors { code field } } }"""
LIST = "{ applications { totalCount nodes { name keys(filter: { good: true }) { nodes { hint } } } } }"


@pytest.fixture
async def people(town: Town) -> Town:
    await town.member("admin", "tenant_admin")
    await town.member("secretary", "first_secretary")
    return town


async def register(town: Town, name: str = "Board", **terms: Any) -> dict[str, Any]:
    return await town.change("admin", REGISTER, input={"name": name, **TERMS, **terms})


async def create_key(town: Town, application_id: str, **more: Any) -> dict[str, Any]:
    return await town.change("admin", CREATE, input={"applicationId": application_id, **more})


async def test_an_application_is_registered_and_found(people: Town) -> None:
    grid = people.id("grid", people.grids[EAST])
    given: dict[str, Any] = {
        "gridId": grid,
        "networks": ["192.0.2.7", "2001:DB8::/32"],
        "expiresAt": "2099-01-01T00:00:00+08:00",
    }
    payload = await register(people, **given)
    assert payload["userErrors"] == []
    found = payload["application"]
    assert found.pop("id").startswith("application_")
    assert found == {
        "name": "Board",
        "contact": "Invented Desk",
        "purpose": "Shows the board.",
        "scopes": ["case:read", "grid:read"],
        "networks": ["192.0.2.7/32", "2001:db8::/32"],
        "client": None,
        "status": "ACTIVE",
        "expiresAt": "2098-12-31T16:00:00+00:00",
        "version": 1,
        "organization": None,
        "grid": {"id": grid},
        "keys": {"nodes": []},
    }


@pytest.mark.parametrize(
    ("terms", "code", "field"),
    [
        ({"scopes": []}, "SCOPE_NOT_GRANTABLE", ["scopes"]),
        ({"scopes": ["case:read", "tenant:apply"]}, "SCOPE_NOT_GRANTABLE", ["scopes"]),
        ({"scopes": ["health_record:read"]}, "SCOPE_NOT_GRANTABLE", ["scopes"]),
        ({"scopes": ["sealed:lead"]}, "SCOPE_NOT_GRANTABLE", ["scopes"]),
        ({"scopes": ["application:manage"]}, "SCOPE_NOT_GRANTABLE", ["scopes"]),
        ({"scopes": ["case:read, p, admin"]}, "SCOPE_NOT_GRANTABLE", ["scopes"]),
        ({"networks": ["0.0.0.0/0"]}, "NETWORK_INVALID", ["networks"]),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "EXPIRY_PAST", ["expiresAt"]),
        ({"client": "nobodys"}, "CLIENT_UNKNOWN", ["client"]),
        ({"name": "  "}, "TEXT_REQUIRED", ["name"]),
        ({"purpose": "x" * 1001}, "TEXT_TOO_LONG", ["purpose"]),
        ({"gridId": "grid_01890000-0000-7000-8000-000000000000"}, "NOT_FOUND", ["gridId"]),
    ],
)
async def test_what_cannot_be_granted_is_refused(
    people: Town, terms: dict[str, Any], code: str, field: list[str]
) -> None:
    payload = await register(people, **terms)
    assert (payload["application"], payload["userErrors"]) == (None, [{"code": code, "field": field}])


async def test_a_place_is_one_and_a_name_is_its_own(people: Town) -> None:
    both = {
        "gridId": people.id("grid", people.grids[EAST]),
        "organizationId": people.id("org", people.organizations[EAST]),
    }
    assert (await register(people, **both))["userErrors"] == [{"code": "APPLICATION_PLACE", "field": ["gridId"]}]
    assert (await register(people))["userErrors"] == []
    assert (await register(people))["userErrors"] == [{"code": "APPLICATION_NAME_TAKEN", "field": ["name"]}]


async def test_terms_take_the_place_of_all_there_were(people: Town) -> None:
    made = (await register(people, networks=["192.0.2.0/24"]))["application"]
    east = people.id("org", people.organizations[EAST])
    given = {
        "applicationId": made["id"],
        "expectedVersion": 1,
        **TERMS,
        "scopes": ["case:read"],
        "organizationId": east,
    }
    changed = await people.change("admin", UPDATE, input=given)
    assert changed["application"] == {
        "version": 2,
        "scopes": ["case:read"],
        "networks": [],
        "organization": {"id": east},
        "grid": None,
        "expiresAt": None,
    }
    again = await people.change("admin", UPDATE, input=given)
    assert again["userErrors"] == [{"code": "VERSION_CONFLICT", "field": ["expectedVersion"]}]


async def test_suspending_twice_is_once(people: Town) -> None:
    given = {"applicationId": (await register(people))["application"]["id"]}
    states = [
        (await people.change("admin", mutation, input=given))["application"]
        for mutation in (SUSPEND, SUSPEND, RESUME, RESUME)
    ]
    assert [(state["status"], state["version"]) for state in states] == [
        ("SUSPENDED", 2),
        ("SUSPENDED", 2),
        ("ACTIVE", 3),
        ("ACTIVE", 3),
    ]
    told = [event.type for event in await people.rows(Event, subject_type="Application")]
    assert told == ["ApplicationRegistered", "ApplicationSuspended", "ApplicationResumed"]


async def test_a_key_is_shown_once_and_only_its_digest_kept(people: Town) -> None:
    made = (await register(people))["application"]
    payload = await create_key(people, made["id"], expiresAt="2099-01-01T00:00:00Z")
    secret, key = payload["secret"], payload["apiKey"]
    assert secret.startswith(f"{key['hint']}")
    assert (
        key.items()
        >= {
            "good": True,
            "expiresAt": "2099-01-01T00:00:00+00:00",
            "lastUsedAt": None,
            "application": {"name": "Board"},
        }.items()
    )
    (row,) = await people.rows(ApiKey)
    kept = "".join(str(getattr(row, column.key)) for column in ApiKey.__table__.c)
    assert secret not in kept
    assert secret.partition(".")[2] not in kept
    everything = repr([vars(entry) for entry in await people.rows(AuditEntry)])
    assert secret.partition(".")[2] not in everything
    assert await people.ask("admin", LIST) == {
        "data": {
            "applications": {"totalCount": 1, "nodes": [{"name": "Board", "keys": {"nodes": [{"hint": key["hint"]}]}}]}
        },
        "errors": [],
    }


async def test_keys_follow_each_other_and_end(people: Town) -> None:
    made = (await register(people))["application"]
    first = (await create_key(people, made["id"]))["apiKey"]
    rotated = await people.change("admin", ROTATE, input={"apiKeyId": first["id"]})
    assert (rotated["userErrors"], rotated["apiKey"]["good"]) == ([], True)
    full = await people.change("admin", ROTATE, input={"apiKeyId": first["id"]})
    assert (full["secret"], full["userErrors"]) == (None, [{"code": "API_KEYS_FULL", "field": ["applicationId"]}])
    assert (await create_key(people, made["id"]))["userErrors"][0]["code"] == "API_KEYS_FULL"
    revoked = await people.change("admin", REVOKE, input={"apiKeyId": first["id"]})
    assert revoked["apiKey"]["good"] is False
    assert (await people.change("admin", REVOKE, input={"apiKeyId": first["id"]})) == revoked
    over = await people.change("admin", ROTATE, input={"apiKeyId": first["id"]})
    assert over["userErrors"] == [{"code": "API_KEY_ENDED", "field": ["apiKeyId"]}]
    at_once = await people.change("admin", ROTATE, input={"apiKeyId": rotated["apiKey"]["id"], "overlapHours": 0})
    assert at_once["userErrors"] == []
    wrong = {"apiKeyId": at_once["apiKey"]["id"], "overlapHours": 721}
    assert (await people.change("admin", ROTATE, input=wrong))["userErrors"][0]["code"] == "OVERLAP_INVALID"
    listed = await people.ask("admin", LIST)
    assert len(listed["data"]["applications"]["nodes"][0]["keys"]["nodes"]) == 1
    told = [event.type for event in await people.rows(Event, subject_type="ApiKey")]
    assert told == ["ApiKeyCreated", "ApiKeyRotated", "ApiKeyRevoked", "ApiKeyRotated"]


async def test_nobody_else_sees_or_changes_them(people: Town) -> None:
    made = (await register(people))["application"]
    key = (await create_key(people, made["id"]))["apiKey"]
    assert (await people.ask("secretary", LIST))["data"] == {"applications": {"totalCount": 0, "nodes": []}}
    node = "query($id: ID!) { node(id: $id) { id } }"
    for id_ in (made["id"], key["id"]):
        assert (await people.ask("admin", node, id=id_))["data"] == {"node": {"id": id_}}
        assert (await people.ask("secretary", node, id=id_))["data"] == {"node": None}
    refused = await people.change("secretary", REVOKE, input={"apiKeyId": key["id"]})
    assert refused["userErrors"][0]["code"] == "FORBIDDEN"


async def test_messages_come_in_chinese(people: Town) -> None:
    answer = await people.ask(
        "admin",
        REGISTER.replace("code field", "message"),
        language="zh-CN",
        input={"name": "Board", **TERMS, "networks": ["x"]},
    )
    (error,) = answer["data"]["registerApplication"]["userErrors"]
    assert "网段" in error["message"]
