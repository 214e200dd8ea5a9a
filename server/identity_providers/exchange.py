"""The code for an ID token (OpenID Connect Core 1.0, 3.1.3; RFC 6749, 4.1.3; RFC 7636, 4.5)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote_plus

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from server.identity_providers.directory import Metadata
from server.identity_providers.fetching import Fetcher, Unreachable
from server.identity_providers.rules import Refused

_OK, _BAD_REQUEST = 200, 400
LONGEST_CODE = 2_048


@dataclass(frozen=True, slots=True)
class Client:
    """What a city is to its provider, and where the browser comes back to. secret: None for a client without one."""

    client_id: str
    secret: str | None
    redirect_uri: str


def authorization_url(metadata: Metadata, client: Client, *, scope: str, state: str, nonce: str, verifier: str) -> str:
    """Where the browser is sent to."""
    url: str = prepare_grant_uri(
        metadata.authorization_endpoint,
        client.client_id,
        "code",
        redirect_uri=client.redirect_uri,
        scope=scope,
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return url


async def id_token_for(fetcher: Fetcher, metadata: Metadata, client: Client, *, code: str, verifier: str) -> str:
    """The ID token that a code stands for.

    Raises Refused when the provider does not take the code, Unreachable when it does not answer, or does not take us.
    """
    form = prepare_token_request("authorization_code", "", client.redirect_uri, code=code, code_verifier=verifier)
    _, headers, body = _authentication(metadata, client).prepare("POST", metadata.token_endpoint, {}, form)
    answered = await fetcher.post(metadata.token_endpoint, body, headers, issuer=metadata.issuer)
    if answered.status == _BAD_REQUEST and answered.document.get("error") == "invalid_grant":
        raise Refused("CODE")
    if answered.status != _OK:
        raise Unreachable(f"{metadata.token_endpoint} answers {answered.status}")
    token = answered.document.get("id_token")
    if not isinstance(token, str):
        raise Refused("MISSING")
    return token


def _authentication(metadata: Metadata, client: Client) -> ClientAuth:
    if client.secret is None:
        return ClientAuth(client.client_id, None, "none")
    if metadata.secret_in_form:
        return ClientAuth(client.client_id, client.secret, "client_secret_post")
    # RFC 6749, 2.3.1: both are encoded before they are joined.
    return ClientAuth(quote_plus(client.client_id), quote_plus(client.secret), "client_secret_basic")
