"""What clients do with accounts: authenticators, sessions, passwords, invitations, disabling."""

from __future__ import annotations

from typing import Any

import httpx
import pyotp

from server.demo.accounts import password_of
from tests.conftest import SECRET
from tests.fixtures.city import Api
from tests.schema.accounts.test_sessions import SIGN_IN, VIEWER, ask

SESSIONS = """{ viewer { mustEnroll sessions(first: 50) { totalCount
  nodes { id device method current createdAt lastUsedAt expiresAt } } } }"""
INVITE = """mutation($input: InviteStaffInput!) { inviteStaff(input: $input) {
  token expiresAt invitation { id username open member { name } } userErrors { code field } } }"""
ACCEPT = """mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) {
  username userErrors { code field message } } }"""
STATUS = """mutation($input: SetAccountStatusInput!) { setAccountStatus(input: $input) {
  ended userErrors { code field } } }"""
BEGIN = """mutation($input: BeginTotpInput!) { beginTotp(input: $input) { secret otpauthUrl userErrors { code } } }"""
CONFIRM = """mutation($input: ConfirmTotpInput!) { confirmTotp(input: $input) { recoveryCodes userErrors { code } } }"""
DISABLE = """mutation($input: DisableTotpInput!) { disableTotp(input: $input) { disabled userErrors { code } } }"""
NEXT = "another horse battery"


async def enter(http: httpx.AsyncClient, username: str, *, device: str = "CivicApp/1.0", **more: str) -> dict[str, Any]:
    """The payload of signIn in Daye."""
    given = {"tenant": "daye", "username": username, "password": password_of(SECRET), **more}
    response = await http.post(
        "/graphql", json={"query": SIGN_IN, "variables": {"input": given}}, headers={"user-agent": device}
    )
    payload: dict[str, Any] = response.json()["data"]["signIn"]
    return payload


def token_of(payload: dict[str, Any]) -> str:
    """The access token of a sign-in that succeeded."""
    assert payload["userErrors"] == []
    token: str = payload["credentials"]["accessToken"]
    return token


async def test_sessions_are_listed_and_ended(http: httpx.AsyncClient) -> None:
    here = token_of(await enter(http, "analyst", device="Desk/2.0 (invented)"))
    there = token_of(await enter(http, "analyst", device="Phone/3.1 " + "x" * 500))
    viewer = (await ask(http, SESSIONS, here)).json()["data"]["viewer"]
    nodes = viewer["sessions"]["nodes"]
    assert (viewer["mustEnroll"], viewer["sessions"]["totalCount"], len(nodes)) == (False, 2, 2)
    assert [(node["current"], node["method"]) for node in nodes] == [(False, "PASSWORD"), (True, "PASSWORD")]
    assert nodes[1]["device"] == "Desk/2.0 (invented)"
    assert (len(nodes[0]["device"]), nodes[0]["device"][-1]) == (120, "…")
    revoke = """mutation($input: RevokeSessionInput!) { revokeSession(input: $input) {
      ended userErrors { code field } } }"""
    body = (await ask(http, revoke, here, input={"sessionId": nodes[0]["id"]})).json()
    assert body["data"]["revokeSession"] == {"ended": 1, "userErrors": []}
    assert (await ask(http, VIEWER, there)).status_code == 401
    again = (await ask(http, revoke, here, input={"sessionId": nodes[0]["id"]})).json()["data"]["revokeSession"]
    assert again == {"ended": None, "userErrors": [{"code": "NOT_FOUND", "field": ["sessionId"]}]}
    await enter(http, "analyst")
    others = "mutation { revokeAllSessions(input: {}) { ended userErrors { code } } }"
    assert (await ask(http, others, here)).json()["data"]["revokeAllSessions"] == {"ended": 1, "userErrors": []}


async def test_a_session_is_seen_by_its_own_account_only(http: httpx.AsyncClient, api: Api) -> None:
    token = token_of(await enter(http, "analyst"))
    nodes = (await ask(http, SESSIONS, token)).json()["data"]["viewer"]["sessions"]["nodes"]
    seen = await api("daye", "tenant_admin", "query($id: ID!) { node(id: $id) { id } }", id=nodes[0]["id"])
    assert seen == {"data": {"node": None}}


async def test_the_way_of_an_authenticator(http: httpx.AsyncClient) -> None:
    token = token_of(await enter(http, "analyst"))
    begun = (await ask(http, BEGIN, token, input={"password": password_of(SECRET)})).json()["data"]["beginTotp"]
    assert begun["otpauthUrl"].startswith("otpauth://totp/CivicGrid%20daye:analyst?secret=" + begun["secret"])
    code = pyotp.TOTP(begun["secret"]).now()
    confirmed = (await ask(http, CONFIRM, token, input={"code": code})).json()["data"]["confirmTotp"]
    assert len(set(confirmed["recoveryCodes"])) == 10
    refused = await enter(http, "analyst")
    assert [error["code"] for error in refused["userErrors"]] == ["CODE_REQUIRED"]
    assert refused["credentials"] is None
    assert [error["code"] for error in (await enter(http, "analyst", code=code))["userErrors"]] == ["CODE_WRONG"]
    token = token_of(await enter(http, "analyst", code=confirmed["recoveryCodes"][0]))
    given = {"password": password_of(SECRET), "code": confirmed["recoveryCodes"][1]}
    assert (await ask(http, DISABLE, token, input=given)).json()["data"]["disableTotp"]["disabled"] is True
    token_of(await enter(http, "analyst"))


async def test_another_password(http: httpx.AsyncClient) -> None:
    change = """mutation($input: ChangePasswordInput!) { changePassword(input: $input) {
      ended userErrors { code field } } }"""
    here, there = token_of(await enter(http, "analyst")), token_of(await enter(http, "analyst"))
    given = {"password": password_of(SECRET), "newPassword": NEXT}
    changed = (await ask(http, change, here, input=given)).json()["data"]["changePassword"]
    assert changed == {"ended": 1, "userErrors": []}
    assert (await ask(http, VIEWER, there)).status_code == 401
    assert (await ask(http, VIEWER, here)).json()["data"]["viewer"]["username"] == "analyst"
    token_of(await enter(http, "analyst", password=NEXT))
    again = (await ask(http, change, here, input=given)).json()["data"]["changePassword"]
    assert again == {"ended": None, "userErrors": [{"code": "PASSWORD_WRONG", "field": ["password"]}]}


async def test_a_colleague_is_invited_and_comes_in(http: httpx.AsyncClient, api: Api) -> None:
    organizations = await api("daye", "tenant_admin", "{ organizations(first: 1) { nodes { id } } }")
    place = organizations["data"]["organizations"]["nodes"][0]["id"]
    given = {"member": {"organizationId": place, "name": "Invented Colleague"}}
    invited = (await api("daye", "tenant_admin", INVITE, input=given))["data"]["inviteStaff"]
    assert invited["userErrors"] == []
    assert invited["invitation"]["member"] == {"name": "Invented Colleague"}
    listed = "{ invitations(filter: {open: true}) { totalCount nodes { id open } } }"
    before = (await api("daye", "tenant_admin", listed))["data"]["invitations"]
    assert before == {"totalCount": 1, "nodes": [{"id": invited["invitation"]["id"], "open": True}]}
    assert (await api("daye", "resident", listed))["data"]["invitations"]["totalCount"] == 0
    assert (await api("jiamusi", "tenant_admin", listed))["data"]["invitations"]["totalCount"] == 0
    wanted = {"tenant": "daye", "token": invited["token"], "username": "new.colleague", "password": NEXT}
    for tenant in ("jiamusi", "nowhere"):
        wrong = (await ask(http, ACCEPT, input={**wanted, "tenant": tenant})).json()["data"]["acceptInvitation"]
        assert [error["code"] for error in wrong["userErrors"]] == ["INVITATION_INVALID"]
    accepted = (await ask(http, ACCEPT, input=wanted)).json()["data"]["acceptInvitation"]
    assert accepted == {"username": "new.colleague", "userErrors": []}
    used = (await ask(http, ACCEPT, input=wanted)).json()["data"]["acceptInvitation"]
    assert used == {"username": None, "userErrors": wrong["userErrors"]}
    token = token_of(await enter(http, "new.colleague", password=NEXT))
    assert (await ask(http, VIEWER, token)).json()["data"]["viewer"]["member"] == {"name": "Invented Colleague"}
    assert (await api("daye", "tenant_admin", listed))["data"]["invitations"]["totalCount"] == 0


async def test_an_invitation_names_one_person_and_is_taken_back(http: httpx.AsyncClient, api: Api) -> None:
    nobody = (await api("daye", "tenant_admin", INVITE, input={}))["data"]["inviteStaff"]
    assert nobody["userErrors"] == [{"code": "ONE_PERSON", "field": ["memberId"]}]
    organizations = await api("daye", "tenant_admin", "{ organizations(first: 1) { nodes { id } } }")
    place = organizations["data"]["organizations"]["nodes"][0]["id"]
    given = {"member": {"organizationId": place, "name": "Invented Colleague"}, "username": "new.colleague"}
    invited = (await api("daye", "tenant_admin", INVITE, input=given))["data"]["inviteStaff"]
    revoke = """mutation($input: RevokeInvitationInput!) { revokeInvitation(input: $input) {
      invitation { open revokedAt } userErrors { code } } }"""
    wanted = {"invitationId": invited["invitation"]["id"]}
    hidden = (await api("jiamusi", "tenant_admin", revoke, input=wanted))["data"]["revokeInvitation"]
    assert hidden == {"invitation": None, "userErrors": [{"code": "NOT_FOUND"}]}
    done = (await api("daye", "tenant_admin", revoke, input=wanted))["data"]["revokeInvitation"]
    assert (done["invitation"]["open"], done["userErrors"]) == (False, [])
    accept = {"tenant": "daye", "token": invited["token"], "password": NEXT}
    refused = (await ask(http, ACCEPT, input=accept)).json()["data"]["acceptInvitation"]
    assert [error["code"] for error in refused["userErrors"]] == ["INVITATION_INVALID"]


async def test_a_disabled_account_is_out(http: httpx.AsyncClient, api: Api) -> None:
    token = token_of(await enter(http, "grid_worker"))
    disable = {"username": "grid_worker", "status": "DISABLED"}
    refused = (await api("daye", "analyst", STATUS, input=disable))["data"]["setAccountStatus"]
    assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
    done = (await api("daye", "tenant_admin", STATUS, input=disable))["data"]["setAccountStatus"]
    assert done == {"ended": 1, "userErrors": []}
    assert (await ask(http, VIEWER, token)).status_code == 401
    out = await enter(http, "grid_worker")
    unknown = await enter(http, "nobody-here")
    assert out == unknown
    assert [error["code"] for error in out["userErrors"]] == ["SIGN_IN_FAILED"]
    enable = {"username": "grid_worker", "status": "ACTIVE"}
    await api("daye", "tenant_admin", STATUS, input=enable)
    token_of(await enter(http, "grid_worker"))
