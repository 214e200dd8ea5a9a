"""Signing in at a provider as a front end does it."""

from __future__ import annotations

from typing import Any

from tests.fixtures.city import Api
from tests.fixtures.provider import KEYS, REDIRECT, Forger, signed

BEGIN = """mutation($input: BeginSignInInput!) { beginSignIn(input: $input) {
  authorizationUrl state expiresAt userErrors { code field message } } }"""
COMPLETE = """mutation($input: CompleteSignInInput!) { completeSignIn(input: $input) {
  credentials { accessToken refreshToken } userErrors { code message } } }"""
BEGIN_LINK = """mutation($input: BeginIdentityLinkInput!) { beginIdentityLink(input: $input) {
  authorizationUrl state userErrors { code } } }"""
LINK = """mutation($input: LinkIdentityInput!) { linkIdentity(input: $input) {
  identity { id issuer subject } userErrors { code } } }"""


async def begin(api: Api, slug: str = "daye", **other: Any) -> dict[str, Any]:
    """The payload of beginSignIn."""
    answer = await api(slug, None, BEGIN, input={"tenant": slug, "redirectUri": REDIRECT, **other})
    payload: dict[str, Any] = answer["data"]["beginSignIn"]
    return payload


async def complete(api: Api, state: str, code: str, **other: Any) -> dict[str, Any]:
    """The payload of completeSignIn."""
    answer = await api("daye", None, COMPLETE, input={"state": state, "code": code, **other})
    payload: dict[str, Any] = answer["data"]["completeSignIn"]
    return payload


async def come_back(
    api: Api, forger: Forger, slug: str = "daye", *, invitation: str | None = None, **claims: Any
) -> Any:
    """Sign in with an honest token, changed by ``claims``; the payload of completeSignIn."""
    begun = await begin(api, slug, invitation=invitation)
    assert begun["userErrors"] == []
    url = begun["authorizationUrl"]
    forger.gives("code-1", signed(forger.claims(url, **claims), KEYS["RS256"]))
    return await complete(api, begun["state"], "code-1")


def codes(payload: dict[str, Any]) -> list[str]:
    """The codes of a payload's errors."""
    return [error["code"] for error in payload["userErrors"]]
