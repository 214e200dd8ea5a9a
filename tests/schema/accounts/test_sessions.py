"""Signing in, going on and signing out, as clients do it."""

from __future__ import annotations

from typing import Any

import httpx

from server.demo.accounts import password_of
from tests.conftest import SECRET
from tests.fixtures.city import Api, Platform

SIGN_IN = """mutation($input: SignInInput!) { signIn(input: $input) {
  credentials { accessToken refreshToken accessExpiresAt } userErrors { code field message } } }"""
REFRESH = """mutation($input: RefreshSessionInput!) { refreshSession(input: $input) {
  credentials { accessToken refreshToken } userErrors { code } } }"""
SIGN_OUT = "mutation { signOut(input: {}) { signedOut userErrors { code } } }"
VIEWER = "{ viewer { username tenant roles permissions member { name } resident { name } } }"


async def ask(http: httpx.AsyncClient, query: str, token: str | None = None, **variables: object) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return await http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


async def test_signing_in_and_out(http: httpx.AsyncClient) -> None:
    given = {"tenant": "daye", "username": "resident", "password": password_of(SECRET)}
    signed_in = (await ask(http, SIGN_IN, input=given)).json()["data"]["signIn"]
    assert signed_in["userErrors"] == []
    token = signed_in["credentials"]["accessToken"]
    viewer = (await ask(http, VIEWER, token)).json()["data"]["viewer"]
    assert (viewer["username"], viewer["tenant"], viewer["roles"]) == ("resident", "daye", ["resident"])
    assert viewer["member"] is None
    assert viewer["resident"] is not None
    assert "case:report" in viewer["permissions"]
    refreshed = (await ask(http, REFRESH, input={"refreshToken": signed_in["credentials"]["refreshToken"]})).json()
    assert refreshed["data"]["refreshSession"]["userErrors"] == []
    newest = refreshed["data"]["refreshSession"]["credentials"]["accessToken"]
    assert (await ask(http, SIGN_OUT, newest)).json()["data"]["signOut"] == {"signedOut": True, "userErrors": []}
    assert (await ask(http, VIEWER, newest)).status_code == 401
    assert (await ask(http, VIEWER, token)).status_code == 401


async def test_unknown_and_wrong_are_answered_alike(http: httpx.AsyncClient) -> None:
    answers = []
    for tenant, username, password in (
        ("daye", "resident", "wrong-password-here"),
        ("daye", "nobody-here", "wrong-password-here"),
        ("nowhere", "resident", "wrong-password-here"),
        ("jiamusi", "re\x00sident", "x"),
    ):
        given = {"tenant": tenant, "username": username, "password": password}
        answers.append((await ask(http, SIGN_IN, input=given)).json()["data"]["signIn"])
    assert answers[0]["credentials"] is None
    assert [error["code"] for error in answers[0]["userErrors"]] == ["SIGN_IN_FAILED"]
    assert answers[1] == answers[0]
    assert answers[2] == answers[0]
    assert [error["code"] for error in answers[3]["userErrors"]] == ["TEXT_NOT_STORABLE"]


async def test_a_lost_answer_is_given_again_and_a_copied_token_ends_the_session(http: httpx.AsyncClient) -> None:
    given = {"tenant": "daye", "username": "analyst", "password": password_of(SECRET)}
    first = (await ask(http, SIGN_IN, input=given)).json()["data"]["signIn"]["credentials"]

    async def refresh(token: str) -> dict[str, Any]:
        payload: dict[str, Any] = (await ask(http, REFRESH, input={"refreshToken": token})).json()["data"]
        return dict(payload["refreshSession"])

    lost = await refresh(first["refreshToken"])
    again = await refresh(first["refreshToken"])
    assert again["userErrors"] == []
    assert again["credentials"]["refreshToken"] == lost["credentials"]["refreshToken"] != first["refreshToken"]
    await refresh(again["credentials"]["refreshToken"])
    copied = await refresh(first["refreshToken"])
    assert copied == {"credentials": None, "userErrors": [{"code": "SESSION_REVOKED"}]}


async def test_nobody_is_nobody(api: Api, platform: Platform) -> None:
    assert (await api("daye", None, VIEWER)) == {"data": {"viewer": None}}
    body = await api("daye", None, SIGN_OUT)
    assert body["data"]["signOut"]["userErrors"] == [{"code": "UNAUTHENTICATED"}]
    assert await platform.sign_in("daye", "tenant_admin") != await platform.sign_in("jiamusi", "tenant_admin")


async def test_one_request_is_one_guess(http: httpx.AsyncClient) -> None:
    guess = '{ tenant: "daye", username: "resident", password: "guess-number-%d" }'
    field = "signIn(input: {}) {{ credentials {{ accessToken }} }}"
    document = "mutation { a: " + field.format(guess % 1) + " b: " + field.format(guess % 2) + " }"
    body = (await ask(http, document)).json()
    assert [error["extensions"]["code"] for error in body["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert "data" not in body
