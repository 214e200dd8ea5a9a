"""Break-glass: asked for, approved, used and written down, ended; never health, never sealed, never longer."""

from __future__ import annotations

from typing import Any

import pytest

from schema.context import Context
from schema.documents.asked import Asked
from server.accounts.models import Account, SignInSession, SupportAccess
from server.errors import Unauthenticated
from server.events.models import AuditEntry
from tenants.clock import now
from tenants.context import Actor
from tenants.permissions import HEALTH_DATA, SEALED_MATTERS, SUPPORT_USUAL, Permission
from tests.fixtures.town import OPERATIONS, Town
from tests.schema.tenants.conftest import OPERATOR

ERRORS = "userErrors { code field }"
REQUEST = f"""mutation($input: RequestSupportAccessInput!) {{ requestSupportAccess(input: $input) {{ accessId {ERRORS} }} }}"""
APPROVE = f"""mutation($id: ID!) {{ approveSupportAccess(input: {{accessId: $id}}) {{
  supportAccess {{ status operatorName decidedBy hours permissions }} {ERRORS} }} }}"""
REFUSE = (
    f"mutation($id: ID!) {{ refuseSupportAccess(input: {{accessId: $id}}) {{ supportAccess {{ status }} {ERRORS} }} }}"
)
END = f"mutation($id: ID!) {{ endSupportAccess(input: {{accessId: $id}}) {{ supportAccess {{ status endedAt }} {ERRORS} }} }}"
ENTER = f"""mutation($id: ID!) {{ enterSupportAccess(input: {{tenant: "daye", accessId: $id}}) {{
  accessToken accessExpiresAt endsAt {ERRORS} }} }}"""
LIST = "{ supportAccesses { nodes { id status operatorName reason } } }"


async def request(operators: Town, **given: Any) -> Any:
    return await operators.change(
        OPERATOR, REQUEST, input={"tenant": "daye", "reason": "A report of slow lists", "hours": 2} | given
    )


async def entered(town: Town, operators: Town, **given: Any) -> tuple[str, Actor]:
    """The id of an approved request, and the operator in the city."""
    access_id = (await request(operators, **given))["accessId"]
    assert (await town.change("admin", APPROVE, id=access_id))["userErrors"] == []
    token = (await operators.change(OPERATOR, ENTER, id=access_id))["accessToken"]
    return access_id, await town.services.accounts.authenticate(token, request_id="support-1")


@pytest.fixture(autouse=True)
async def admin(town: Town) -> None:
    await town.member("admin", "tenant_admin")


async def test_an_operator_looks_in_with_leave_and_everything_is_written_down(town: Town, operators: Town) -> None:
    asked = await request(operators)
    assert asked["userErrors"] == []
    listed = (await town.ask("admin", LIST))["data"]["supportAccesses"]["nodes"]
    assert listed == [
        {"id": asked["accessId"], "status": "REQUESTED", "operatorName": OPERATOR, "reason": "A report of slow lists"}
    ]
    early = await operators.change(OPERATOR, ENTER, id=asked["accessId"])
    assert early["userErrors"] == [{"code": "SUPPORT_NOT_APPROVED", "field": ["accessId"]}]
    approved = await town.change("admin", APPROVE, id=asked["accessId"])
    assert approved["supportAccess"] == {
        "status": "APPROVED",
        "operatorName": OPERATOR,
        "decidedBy": "admin",
        "hours": 2,
        "permissions": sorted(SUPPORT_USUAL),
    }
    token = (await operators.change(OPERATOR, ENTER, id=asked["accessId"]))["accessToken"]
    actor = await town.services.accounts.authenticate(token, request_id="support-1")
    assert (actor.tenant_id, set(actor.access), actor.member_id) == (town.tenant_id, set(SUPPORT_USUAL), None)
    context = Context(services=town.services, actor=actor, request_id="support-1")
    text = (
        "query { ...all __typename } fragment all on Query { grids { nodes { code } } ... { members { totalCount } } }"
    )
    answer = await OPERATIONS.run(context, Asked(query=text))
    assert b'"east"' in answer.body
    (use,) = await town.rows(AuditEntry, action="support:use")
    assert (use.actor_kind, use.request_id, use.detail) == (
        "OPERATOR",
        "support-1",
        {"operator": OPERATOR, "operation": "query", "fields": ["__typename", "grids", "members"]},
    )
    actions = [row.action for row in await town.rows(AuditEntry, object_type="SupportAccess")]
    assert actions == ["support:request", "support:decide", "support:enter", "support:use"]


async def test_leave_that_is_taken_back_is_gone_at_once(town: Town, operators: Town) -> None:
    access_id, actor = await entered(town, operators)
    token = (await operators.change(OPERATOR, ENTER, id=access_id))["accessToken"]
    ended = await town.change("admin", END, id=access_id)
    assert (ended["supportAccess"]["status"], ended["userErrors"]) == ("ENDED", [])
    assert actor.session_id is not None
    with pytest.raises(Unauthenticated):
        await town.services.accounts.authenticate(token, request_id="support-2")
    assert (await town.change("admin", END, id=access_id))["userErrors"] == [
        {"code": "ALREADY_ENDED", "field": ["accessId"]}
    ]
    assert (await operators.change(OPERATOR, ENTER, id=access_id))["userErrors"][0]["code"] == "SUPPORT_NOT_APPROVED"


async def test_leave_ends_by_itself(town: Town, operators: Town) -> None:
    access_id, actor = await entered(town, operators, hours=8)
    (row,) = await town.rows(SupportAccess)
    (session,) = await town.rows(SignInSession, account_id=row.account_id)
    assert (session.expires_at, (row.ends_at - row.decided_at).total_seconds()) == (row.ends_at, 8 * 3600)
    async with town.services.database.write(town.tenant_id) as write:
        (await write.get_one(SupportAccess, (town.tenant_id, row.id))).ends_at = now()
    assert actor.session_id is not None
    town.services.accounts.actors.forget(actor.session_id)
    assert (await operators.change(OPERATOR, ENTER, id=access_id))["userErrors"][0]["code"] == "SUPPORT_NOT_APPROVED"


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"hours": 0}, "SUPPORT_HOURS", ["hours"]),
        ({"hours": 9}, "SUPPORT_HOURS", ["hours"]),
        ({"reason": " "}, "TEXT_REQUIRED", ["reason"]),
        ({"permissions": ["case:invent"]}, "PERMISSION_UNKNOWN", ["permissions"]),
        ({"permissions": ["case:read", "appointment:create"]}, "SUPPORT_NOT_GIVEN", ["permissions"]),
        ({"tenant": "nowhere"}, "NOT_FOUND", []),
        ({"tenant": "platform"}, "NOT_FOUND", ["tenant"]),
    ],
)
async def test_a_request_is_refused(operators: Town, given: dict[str, Any], code: str, field: list[str]) -> None:
    assert (await request(operators, **given))["userErrors"] == [{"code": code, "field": field}]


@pytest.mark.parametrize("right", sorted(HEALTH_DATA | SEALED_MATTERS))
async def test_health_and_sealed_are_never_opened(town: Town, operators: Town, right: Permission) -> None:
    refused = await request(operators, permissions=[right.value])
    assert refused["userErrors"] == [{"code": "SUPPORT_NOT_GIVEN", "field": ["permissions"]}]
    _access_id, actor = await entered(town, operators)
    (row,) = await town.rows(SupportAccess, status="APPROVED")
    async with town.services.database.write(town.tenant_id) as session:
        changed = await session.get_one(SupportAccess, (town.tenant_id, row.id))
        changed.permissions = [*row.permissions, right.value]
    assert actor.session_id is not None
    town.services.accounts.actors.forget(actor.session_id)
    assert not actor.may(right)


async def test_only_the_city_decides_and_only_the_operator_asks(town: Town, operators: Town) -> None:
    await town.member("secretary", "community_secretary")
    access_id = (await request(operators))["accessId"]
    for who, document in (("secretary", APPROVE), ("secretary", END)):
        assert (await town.change(who, document, id=access_id))["userErrors"][0]["code"] == "FORBIDDEN"
    given = {"tenant": "daye", "reason": "Curious", "hours": 1}
    assert (await town.change("admin", REQUEST, input=given))["userErrors"][0]["code"] == "FORBIDDEN"
    assert (await town.ask("secretary", LIST))["data"]["supportAccesses"]["nodes"] == []
    refused = await town.change("admin", REFUSE, id=access_id)
    assert refused["supportAccess"] == {"status": "REFUSED"}
    again = await town.change("admin", APPROVE, id=access_id)
    assert again["userErrors"] == [{"code": "SUPPORT_DECIDED", "field": ["accessId"]}]


async def test_no_password_opens_the_account(town: Town, operators: Town) -> None:
    await entered(town, operators)
    (account,) = [row for row in await town.rows(Account) if row.username.startswith("support.")]
    assert (account.password_hash, account.member_id, account.resident_id) == ("!", None, None)
