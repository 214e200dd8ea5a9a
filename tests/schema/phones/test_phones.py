"""Signing in with a telephone and going from city to city, as clients do it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from schema.context import Services
from server.accounts.models import Account
from server.jobs.engine import Engine
from server.phones.jobs import handlers
from server.phones.senders import Outgoing
from server.residents.models import Resident
from tests.fixtures.city import Api, Platform

PHONE = "138 0000 0001"
REQUEST = """mutation($input: RequestPhoneCodeInput!) { requestPhoneCode(input: $input) {
  requested userErrors { code field message } } }"""
SIGN_IN = """mutation($input: SignInByPhoneInput!) { signInByPhone(input: $input) {
  credentials { accessToken refreshToken } residents { id name } userErrors { code field message } } }"""
BEGIN = """mutation($input: BeginPhoneChangeInput!) { beginPhoneChange(input: $input) {
  requested userErrors { code } } }"""
CONFIRM = """mutation($input: ConfirmPhoneChangeInput!) { confirmPhoneChange(input: $input) {
  changed userErrors { code field } } }"""
VIEWER = "{ viewer { tenant roles cities { tenant current } sessions { nodes { method } } resident { id phone } } }"
CODE = "mutation { createLinkCode(input: {}) { code expiresAt userErrors { code } } }"
LINK = "mutation($input: LinkCityInput!) { linkCity(input: $input) { done userErrors { code field message } } }"
UNLINK = "mutation($input: UnlinkCityInput!) { unlinkCity(input: $input) { done userErrors { code } } }"
SWITCH = """mutation($input: SwitchCityInput!) { switchCity(input: $input) {
  credentials { accessToken } userErrors { code field message } } }"""


class Gateway:
    """Keeps messages."""

    def __init__(self) -> None:
        self.messages: list[Outgoing] = []

    async def send(self, message: Outgoing) -> None:
        self.messages.append(message)


async def posted(
    http: httpx.AsyncClient,
    query: str,
    given: dict[str, Any] | None = None,
    *,
    token: str | None = None,
    language: str = "",
) -> Any:
    """The one field of an answer."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    headers |= {"accept-language": language} if language else {}
    variables = {} if given is None else {"input": given}
    body = (await http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)).json()
    assert "errors" not in body
    return next(iter(body["data"].values()))


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


async def worked(services: Services, tenant: str, gateway: Gateway) -> str:
    """Let the worker send; the last code."""
    assert services.operator is not None
    engine = Engine(
        "messages",
        handlers(gateway, services.keyring),
        database=services.database,
        operator=services.operator,
        transactions=services.transactions,
        registry=services.registry,
    )
    await engine.run_tenant((await services.registry.by_slug(tenant)).id)
    return gateway.messages[-1].code or ""


async def moved_in(platform: Platform, count: int = 1) -> list[str]:
    """Residents of Daye without an account, who have the number; their ids."""
    tenant_id = (await platform.tenant("daye")).id
    known = select(Account.resident_id).where(Account.tenant_id == tenant_id, Account.resident_id.is_not(None))
    async with platform.services.database.write(tenant_id) as session:
        found = list(
            await session.scalars(
                select(Resident.id)
                .where(Resident.tenant_id == tenant_id, Resident.id.not_in(known))
                .order_by(Resident.id)
                .limit(count)
            )
        )
        await session.execute(
            update(Resident)
            .where(Resident.tenant_id == tenant_id, Resident.id.in_(found))
            .values(phone=PHONE, name="林小海")
        )
    return [f"resident_{each}" for each in found]


async def test_a_resident_signs_in_and_changes_the_number(
    http: httpx.AsyncClient, platform: Platform, gateway: Gateway
) -> None:
    (resident,) = await moved_in(platform)
    asked = await posted(http, REQUEST, {"tenant": "daye", "phone": PHONE})
    assert asked == {"requested": True, "userErrors": []}
    assert asked == await posted(http, REQUEST, {"tenant": "daye", "phone": "138 0000 0999"})
    assert asked == await posted(http, REQUEST, {"tenant": "atlantis", "phone": PHONE})
    await worked(platform.services, "daye", gateway)
    (message,) = gateway.messages
    given = {"tenant": "daye", "phone": PHONE, "code": message.code}
    answer = await posted(http, SIGN_IN, given)
    assert (answer["residents"], answer["userErrors"]) == (None, [])
    token = answer["credentials"]["accessToken"]
    viewer = await posted(http, VIEWER, token=token)
    assert viewer == {
        "tenant": "daye",
        "roles": ["resident"],
        "cities": [{"tenant": "daye", "current": True}],
        "sessions": {"nodes": [{"method": "PHONE"}]},
        "resident": {"id": resident, "phone": PHONE},
    }
    again = await posted(http, SIGN_IN, given, language="zh-CN")
    assert again["userErrors"] == [
        {
            "code": "PHONE_CODE_WRONG",
            "field": [],
            "message": "手机号码或验证码有误，或验证码已过期；请重新获取。",
        }
    ]
    assert (await posted(http, BEGIN, {"phone": "139 0000 0009"}, token=token))["requested"] is True
    code = await worked(platform.services, "daye", gateway)
    changed = await posted(http, CONFIRM, {"phone": "139 0000 0009", "code": code}, token=token)
    assert changed == {"changed": True, "userErrors": []}
    assert (await posted(http, VIEWER, token=token))["resident"]["phone"] == "+8613900000009"


async def test_a_household_is_asked_who_it_is(http: httpx.AsyncClient, platform: Platform, gateway: Gateway) -> None:
    ids = await moved_in(platform, 2)
    await posted(http, REQUEST, {"tenant": "daye", "phone": PHONE})
    given = {"tenant": "daye", "phone": PHONE, "code": await worked(platform.services, "daye", gateway)}
    answer = await posted(http, SIGN_IN, given)
    assert answer == {
        "credentials": None,
        "residents": [{"id": each, "name": "**海"} for each in ids],
        "userErrors": [],
    }
    chosen = await posted(http, SIGN_IN, given | {"residentId": ids[1]})
    viewer = await posted(http, VIEWER, token=chosen["credentials"]["accessToken"])
    assert viewer["resident"]["id"] == ids[1]


async def test_what_is_no_number_is_told(http: httpx.AsyncClient) -> None:
    answer = await posted(http, REQUEST, {"tenant": "daye", "phone": "12"})
    assert (answer["requested"], [error["code"] for error in answer["userErrors"]]) == (None, ["PHONE_INVALID"])


async def test_one_login_and_two_cities(http: httpx.AsyncClient, platform: Platform, api: Api) -> None:
    here, there = await platform.sign_in("daye", "tenant_admin"), await platform.sign_in("jiamusi", "analyst")
    made = await posted(http, CODE, token=there)
    assert made["userErrors"] == []
    assert await posted(http, LINK, {"code": made["code"]}, token=here) == {"done": True, "userErrors": []}
    cities = (await posted(http, VIEWER, token=here))["cities"]
    assert cities == [{"tenant": "daye", "current": True}, {"tenant": "jiamusi", "current": False}]
    switched = await posted(http, SWITCH, {"tenant": "jiamusi"}, token=here)
    viewer = await posted(http, VIEWER, token=switched["credentials"]["accessToken"])
    assert (viewer["tenant"], viewer["roles"]) == ("jiamusi", ["analyst"])
    assert {"method": "LINK"} in viewer["sessions"]["nodes"]
    refused = await posted(http, SWITCH, {"tenant": "huangshan"}, token=here)
    assert refused == await posted(http, SWITCH, {"tenant": "nowhere"}, token=here)
    assert [error["code"] for error in refused["userErrors"]] == ["NOT_FOUND"]
    assert await posted(http, UNLINK, {"tenant": "jiamusi"}, token=here) == {"done": True, "userErrors": []}
    assert await posted(http, SWITCH, {"tenant": "jiamusi"}, token=here) == refused
    for query, given in ((CODE, None), (LINK, {"code": "x"}), (SWITCH, {"tenant": "jiamusi"})):
        answer = await api("daye", None, query, **({} if given is None else {"input": given}))
        (payload,) = answer["data"].values()
        assert [error["code"] for error in payload["userErrors"]] == ["UNAUTHENTICATED"]
