"""Who enters which account: by an own link, an invitation, a claim; unlinking; staff without passwords."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from server.demo.accounts import password_of
from server.events.models import AuditEntry
from server.identity_providers.models import PendingSignIn
from tests.conftest import SECRET
from tests.fixtures.city import Api, Platform
from tests.fixtures.provider import CLIENT, KEYS, REDIRECT, Forger, asked_in, register, signed
from tests.schema.accounts.test_accounts import ACCEPT, INVITE
from tests.schema.accounts.test_sessions import SIGN_IN, VIEWER, ask
from tests.schema.identity_providers.signing import BEGIN_LINK, LINK, begin, codes, come_back

IDENTITIES = "{ viewer { identities(first: 5) { totalCount nodes { id issuer subject linkedAt } } } }"
UNLINK = """mutation($input: UnlinkIdentityInput!) { unlinkIdentity(input: $input) { ended userErrors { code } } }"""
UNLINK_ALL = """mutation($input: UnlinkIdentitiesInput!) { unlinkIdentities(input: $input) {
  ended userErrors { code field } } }"""
BY_USERNAME = {"claim": "preferred_username", "names": "USERNAME"}


async def linked(api: Api, forger: Forger, username: str, **claims: Any) -> dict[str, Any]:
    """Link an account of Daye to somebody at the provider; the payload of linkIdentity."""
    given = {"password": password_of(SECRET), "redirectUri": REDIRECT}
    begun = (await api("daye", username, BEGIN_LINK, input=given))["data"]["beginIdentityLink"]
    assert begun["userErrors"] == []
    forger.gives(
        "code-2", signed(forger.claims(begun["authorizationUrl"], **claims), KEYS["ES256"], alg="ES256", kid="ec-1")
    )
    given = {"state": begun["state"], "code": "code-2"}
    payload: dict[str, Any] = (await api("daye", username, LINK, input=given))["data"]["linkIdentity"]
    return payload


async def test_an_account_that_was_linked_by_its_owner(
    api: Api, http: httpx.AsyncClient, platform: Platform, forger: Forger
) -> None:
    await register(platform, "daye", forger.issuer)
    assert codes(await come_back(api, forger)) == ["IDENTITY_NOT_LINKED"]
    link = await linked(api, forger, "analyst")
    assert (link["userErrors"], link["identity"]["issuer"], link["identity"]["subject"]) == ([], forger.issuer, "u-1")
    entered = await come_back(api, forger)
    token = entered["credentials"]["accessToken"]
    viewer = (await ask(http, VIEWER, token)).json()["data"]["viewer"]
    assert (viewer["username"], viewer["tenant"], viewer["roles"]) == ("analyst", "daye", ["analyst"])
    methods = (await ask(http, "{ viewer { sessions { nodes { method current } } } }", token)).json()["data"]
    assert methods["viewer"]["sessions"]["nodes"][0] == {"method": "OIDC", "current": True}
    listed = (await ask(http, IDENTITIES, token)).json()["data"]["viewer"]["identities"]
    assert (listed["totalCount"], listed["nodes"][0]["id"]) == (1, link["identity"]["id"])
    other = (await api("daye", "police", IDENTITIES))["data"]["viewer"]["identities"]
    assert other == {"totalCount": 0, "nodes": []}
    assert await trail(platform, "daye") == ["identity:link"]


async def trail(platform: Platform, slug: str) -> list[str]:
    """What was written of links, oldest first."""
    tenant_id = (await platform.tenant(slug)).id
    wanted = AuditEntry.action.in_(["identity:link", "identity:unlink"])
    async with platform.services.database.write(tenant_id) as session:
        statement = select(AuditEntry.action).where(AuditEntry.tenant_id == tenant_id, wanted)
        return list(await session.scalars(statement.order_by(AuditEntry.id)))


async def test_the_authorization_url(api: Api, platform: Platform, forger: Forger) -> None:
    await register(platform, "daye", forger.issuer, scopes=["openid", "phone"])
    begun = await begin(api)
    asked = asked_in(begun["authorizationUrl"])
    assert begun["authorizationUrl"].startswith(f"{forger.issuer}/authorize?")
    assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", CLIENT, REDIRECT)
    assert (asked["scope"], asked["state"], asked["code_challenge_method"]) == ("openid phone", begun["state"], "S256")
    assert (len(asked["code_challenge"]), len(asked["nonce"])) == (43, 43)
    again = asked_in((await begin(api))["authorizationUrl"])
    assert all(again[name] != asked[name] for name in ("state", "nonce", "code_challenge"))
    async with platform.services.database.write((await platform.tenant("daye")).id) as session:
        kept = (await session.scalars(select(PendingSignIn))).all()
    shown = " ".join(str(vars(row)) for row in kept)
    assert len(kept) == 2
    assert not any(asked[name] in shown for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize(
    ("slug", "redirect", "code"),
    [
        ("daye", "https://evil.example/back", "REDIRECT_URI_NOT_LISTED"),
        ("daye", REDIRECT + "/", "REDIRECT_URI_NOT_LISTED"),
        ("daye", REDIRECT + "?x=1", "REDIRECT_URI_NOT_LISTED"),
        ("jiamusi", REDIRECT, "IDENTITY_PROVIDER_NONE"),
        ("nowhere", REDIRECT, "IDENTITY_PROVIDER_NONE"),
    ],
)
async def test_where_nobody_is_sent(
    api: Api, platform: Platform, forger: Forger, slug: str, redirect: str, code: str
) -> None:
    await register(platform, "daye", forger.issuer)
    begun = await begin(api, slug, redirectUri=redirect)
    assert (codes(begun), begun["authorizationUrl"]) == ([code], None)


async def test_an_invitation_opens_an_account_without_a_password(
    api: Api, http: httpx.AsyncClient, platform: Platform, forger: Forger
) -> None:
    await register(platform, "daye", forger.issuer, local_passwords=False)
    organization = (await admin(platform, http, "{ organizations(first: 1) { nodes { id } } }"))["organizations"]
    member = {"organizationId": organization["nodes"][0]["id"], "name": "Invented Lin"}
    token = (await admin(platform, http, INVITE, input={"member": member}))["inviteStaff"]["token"]
    given = {"tenant": "daye", "token": token, "username": "lin.hai", "password": "some horse battery"}
    assert codes((await api("daye", None, ACCEPT, input=given))["data"]["acceptInvitation"]) == ["LOCAL_PASSWORDS_OFF"]
    entered = await come_back(api, forger, invitation=token, preferred_username="Lin.Hai")
    assert entered["userErrors"] == []
    again = await come_back(api, forger)
    viewer = (await ask(http, VIEWER, again["credentials"]["accessToken"])).json()["data"]["viewer"]
    assert (viewer["username"], viewer["member"]["name"]) == ("lin.hai", "Invented Lin")
    assert codes(await come_back(api, forger, invitation=token, sub="u-2")) == ["INVITATION_INVALID"]
    assert codes(await begin(api, invitation="cgi_" + "x" * 40)) == ["INVITATION_INVALID"]
    identity = (await ask(http, IDENTITIES, again["credentials"]["accessToken"])).json()["data"]["viewer"]["identities"]
    unlinked = await ask(
        http, UNLINK, again["credentials"]["accessToken"], input={"identityId": identity["nodes"][0]["id"]}
    )
    assert codes(unlinked.json()["data"]["unlinkIdentity"]) == ["IDENTITY_ONLY_WAY"]


async def admin(platform: Platform, http: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    """Ask as an administrator who came in with a password before there was a provider, or does so now."""
    token = platform.tokens["daye", "admin"]
    data: dict[str, Any] = (await ask(http, query, token, **variables)).json()["data"]
    return data


@pytest.fixture(autouse=True)
async def _administrator(platform: Platform) -> None:
    platform.tokens["daye", "admin"] = await platform.sign_in("daye", "tenant_admin")


async def test_a_claim_names_the_account_of_a_member(api: Api, platform: Platform, forger: Forger) -> None:
    await register(platform, "daye", forger.issuer, staff=BY_USERNAME)
    assert codes(await come_back(api, forger, preferred_username="resident")) == ["IDENTITY_NOT_LINKED"]
    assert codes(await come_back(api, forger, preferred_username="nobody")) == ["IDENTITY_NOT_LINKED"]
    assert codes(await come_back(api, forger, preferred_username=["analyst"])) == ["IDENTITY_NOT_LINKED"]
    assert codes(await come_back(api, forger)) == ["IDENTITY_NOT_LINKED"]
    assert codes(await come_back(api, forger, preferred_username="Analyst")) == []
    # The name was given to somebody else there: it opens nothing any more, and the first one still comes in.
    assert codes(await come_back(api, forger, sub="u-2", preferred_username="analyst")) == ["IDENTITY_NOT_LINKED"]
    assert codes(await come_back(api, forger, preferred_username="renamed")) == []


PHONE = """mutation($input: CreateMemberInput!) { createMember(input: $input) { member { id } userErrors { code } } }"""


async def test_a_telephone_number_names_a_member(
    api: Api, http: httpx.AsyncClient, platform: Platform, forger: Forger
) -> None:
    staff = {"claim": "phone_number", "names": "PHONE", "open_accounts": True}
    await register(platform, "daye", forger.issuer, staff=staff)
    organization = (await admin(platform, http, "{ organizations(first: 1) { nodes { id } } }"))["organizations"]
    for name, phone in (
        ("Invented Wang", "139 0000-0001"),
        ("Invented A", "13900000002"),
        ("Invented B", "13900000002"),
    ):
        given = {"organizationId": organization["nodes"][0]["id"], "name": name, "phone": phone}
        assert (await admin(platform, http, PHONE, input=given))["createMember"]["userErrors"] == []
    number = "+8613900000001"
    assert codes(await come_back(api, forger, phone_number=number)) == ["IDENTITY_NOT_LINKED"]  # nobody vouches for it
    shared = await come_back(api, forger, phone_number="+8613900000002", phone_number_verified=True)
    assert codes(shared) == ["IDENTITY_NOT_LINKED"]
    entered = await come_back(api, forger, phone_number=number, phone_number_verified=True, preferred_username="police")
    viewer = (await ask(http, VIEWER, entered["credentials"]["accessToken"])).json()["data"]["viewer"]
    assert (viewer["member"]["name"], viewer["roles"], viewer["username"][:6]) == ("Invented Wang", [], "staff.")


async def test_without_the_citys_word_a_claim_opens_no_account(
    api: Api, http: httpx.AsyncClient, platform: Platform, forger: Forger
) -> None:
    await register(platform, "daye", forger.issuer, staff={"claim": "mobile", "names": "PHONE"})
    organization = (await admin(platform, http, "{ organizations(first: 1) { nodes { id } } }"))["organizations"]
    given = {"organizationId": organization["nodes"][0]["id"], "name": "Invented Wang", "phone": "13900000001"}
    assert (await admin(platform, http, PHONE, input=given))["createMember"]["userErrors"] == []
    assert codes(await come_back(api, forger, mobile="13900000001")) == ["IDENTITY_NOT_LINKED"]


async def test_unlinking_ends_the_sessions_begun_there(
    api: Api, http: httpx.AsyncClient, platform: Platform, forger: Forger
) -> None:
    await register(platform, "daye", forger.issuer)
    identity = (await linked(api, forger, "analyst"))["identity"]["id"]
    here = (await come_back(api, forger))["credentials"]["accessToken"]
    there = (await come_back(api, forger))["credentials"]["accessToken"]
    foreign = (await api("daye", "police", UNLINK, input={"identityId": identity}))["data"]["unlinkIdentity"]
    assert codes(foreign) == ["NOT_FOUND"]
    gone = (await ask(http, UNLINK, here, input={"identityId": identity})).json()["data"]["unlinkIdentity"]
    assert gone == {"ended": 1, "userErrors": []}
    assert [(await ask(http, VIEWER, token)).status_code for token in (here, there)] == [200, 401]
    assert codes(await come_back(api, forger)) == ["IDENTITY_NOT_LINKED"]
    assert (await linked(api, forger, "analyst"))["userErrors"] == []
    assert codes(await linked(api, forger, "police")) == ["IDENTITY_LINKED_ALREADY"]
    assert codes(await linked(api, forger, "analyst", sub="u-2")) == ["IDENTITY_LINKED_ALREADY"]
    token = (await come_back(api, forger))["credentials"]["accessToken"]
    unlinked = (await admin(platform, http, UNLINK_ALL, input={"username": "analyst"}))["unlinkIdentities"]
    assert (unlinked["userErrors"], unlinked["ended"]) == ([], 2)
    assert (await ask(http, VIEWER, token)).status_code == 401
    for username in ("analyst", "nobody"):
        again = (await admin(platform, http, UNLINK_ALL, input={"username": username}))["unlinkIdentities"]
        assert codes(again) == ["NOT_FOUND"]


async def test_a_disabled_account_stays_closed(
    api: Api, http: httpx.AsyncClient, platform: Platform, forger: Forger
) -> None:
    await register(platform, "daye", forger.issuer, staff=BY_USERNAME)
    assert (await linked(api, forger, "analyst"))["userErrors"] == []
    status = """mutation($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code } } }"""
    await admin(platform, http, status, input={"username": "analyst", "status": "DISABLED"})
    assert codes(await come_back(api, forger, preferred_username="police")) == ["IDENTITY_NOT_LINKED"]


async def test_staff_without_passwords(api: Api, platform: Platform, forger: Forger) -> None:
    await register(platform, "daye", forger.issuer, local_passwords=False)
    answers = {}
    for slug, username in (("daye", "analyst"), ("daye", "resident"), ("jiamusi", "analyst")):
        given = {"tenant": slug, "username": username, "password": password_of(SECRET)}
        answers[slug, username] = codes((await api(slug, None, SIGN_IN, input=given))["data"]["signIn"])
    assert answers == {
        ("daye", "analyst"): ["SIGN_IN_FAILED"],
        ("daye", "resident"): [],
        ("jiamusi", "analyst"): [],
    }
