"""What does not open an account: forged tokens, used states and codes, other cities, a provider that misbehaves."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
import warnings
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey
from sqlalchemy import select, update

from server.events.models import AuditEntry
from server.identity_providers.models import LinkedIdentity, PendingSignIn
from server.main import application
from tenants.clock import now
from tenants.ids import uuid7
from tests.fixtures.city import Api, Platform
from tests.fixtures.provider import CLIENT, KEYS, Forger, asked_in, forging, register, signed
from tests.schema.identity_providers.signing import BEGIN, begin, codes, come_back, complete

HONEST = KEYS["RS256"]
FOREIGN = RSAKey.generate_key(2048)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", SecurityWarning)
    WEAK = RSAKey.generate_key(1024, {"kid": "weak"})
PUBLIC = HONEST.as_pem(private=False)
BARE = RSAKey.import_key({name: value for name, value in HONEST.as_dict(private=True).items() if name != "alg"})
JWK = FOREIGN.as_dict(private=False)

Claims = dict[str, Any]
Make = Callable[[Claims], str]


def encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def raw(header: Claims, claims: Claims, sign: Callable[[bytes], bytes]) -> str:
    """A token of any header, signed by any means: libraries refuse to make such ones."""
    text = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    return f"{text}.{encoded(sign(text.encode()))}"


def unsigned(claims: Claims, alg: str = "none") -> str:
    return raw({"alg": alg, "kid": "rsa-1"}, claims, lambda _text: b"")


def symmetric(claims: Claims) -> str:
    return raw({"alg": "HS256", "kid": "rsa-1"}, claims, lambda text: hmac.digest(PUBLIC, text, "sha256"))


def critical(claims: Claims) -> str:
    header, key = {"alg": "RS256", "kid": "rsa-1", "crit": ["x"], "x": 1}, BARE.private_key
    assert key is not None
    return raw(header, claims, lambda text: key.sign(text, PKCS1v15(), SHA256()))


def tampered(claims: Claims) -> str:
    head, _, rest = signed(claims | {"sub": "u-2"}, HONEST).partition(".")
    return f"{head}.{encoded(json.dumps(claims).encode())}.{rest.partition('.')[2]}"


FORGED: dict[str, Make] = {
    "none": unsigned,
    "None": lambda claims: unsigned(claims, "None"),
    "none with a signature": lambda claims: unsigned(claims) + "c2lnbmVk",
    "symmetric with the public key": symmetric,
    "another's key under a known name": lambda claims: signed(claims, FOREIGN),
    "a key in the token itself": lambda claims: signed(claims, FOREIGN, jwk=JWK),
    "an address of keys in the token": lambda claims: signed(claims, FOREIGN, jku="http://127.0.0.1:1/keys", kid="x"),
    "a path for a name": lambda claims: signed(claims, FOREIGN, kid="../../../../dev/null"),
    "a statement for a name": lambda claims: signed(claims, FOREIGN, kid="x' union select 'key"),
    "a name too long": lambda claims: signed(claims, FOREIGN, kid="k" * 201),
    "a weak key that is published": lambda claims: signed(claims, WEAK, kid="weak"),
    "another algorithm of the key": lambda claims: signed(claims, BARE, alg="PS256"),
    "an algorithm of another key": lambda claims: signed(claims, KEYS["ES256"], alg="ES256"),
    "something critical": critical,
    "tampered": tampered,
    "five megabytes": lambda claims: signed(claims, HONEST)[:-1] + "A" * 5_000_000,
    "large but signed": lambda claims: signed(claims | {"x": "y" * 20_000}, HONEST),
    "no token": lambda _claims: "a.b",
    "empty": lambda _claims: "",
}


@pytest.fixture(scope="module")
async def entering(standing: Platform) -> AsyncIterator[Forger]:
    """The provider of Daye, whose u-1 is linked to the account of its police."""
    async with forging() as forger:
        forger.keys.append(WEAK.as_dict(private=False))
        await register(standing, "daye", forger.issuer)
        await link(standing, "daye", "police", forger.issuer)
        yield forger


async def link(platform: Platform, slug: str, username: str, issuer: str) -> None:
    """Link a demo account to the provider's u-1, as linkIdentity would have."""
    actor = await platform.actor(slug, username)
    assert actor.account_id is not None
    async with platform.services.database.write(actor.tenant_id) as session:
        session.add(
            LinkedIdentity(
                tenant_id=actor.tenant_id, id=uuid7(), account_id=actor.account_id, issuer=issuer, subject="u-1"
            )
        )


@pytest.fixture
async def client(standing: Platform) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application(standing.services)), base_url="http://civicgrid.test"
    ) as found:
        yield found


@pytest.fixture
def ask(client: httpx.AsyncClient) -> Api:
    """As ``api``, without an account, over the platform of the module; every answer is a 200 of GraphQL."""

    async def asking(_slug: str, _username: str | None, query: str, **variables: Any) -> dict[str, Any]:
        response = await client.post("/graphql", json={"query": query, "variables": variables})
        assert response.status_code == 200
        body: dict[str, Any] = response.json()
        return body

    return asking


@pytest.mark.parametrize("name", FORGED)
async def test_forged_tokens(ask: Api, entering: Forger, name: str) -> None:
    begun = await begin(ask)
    claims = entering.claims(begun["authorizationUrl"])
    entering.gives("c", FORGED[name](claims))
    refused = await complete(ask, begun["state"], "c")
    expected = ["IDENTITY_PROVIDER_UNAVAILABLE"] if name == "five megabytes" else ["IDENTITY_REFUSED"]
    assert (codes(refused), refused["credentials"]) == (expected, None)


@pytest.mark.parametrize(("alg", "kid"), [("RS256", "rsa-1"), ("ES256", "ec-1"), ("EdDSA", "okp-1")])
async def test_honest_tokens(ask: Api, entering: Forger, alg: str, kid: str) -> None:
    begun = await begin(ask)
    entering.gives("c", signed(entering.claims(begun["authorizationUrl"]), KEYS[alg], alg=alg, kid=kid))
    assert codes(await complete(ask, begun["state"], "c")) == []


def seconds(offset: int) -> Callable[[], int]:
    return lambda: int(time.time()) + offset


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "civicgrid-jiamusi"},
        {"aud": None},
        {"aud": []},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"aud": {CLIENT: 1}},
        {"azp": "another"},
        {"nonce": None},
        {"nonce": "another"},
        {"nonce": 1},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": seconds(-62)},
        {"nbf": seconds(90)},
        {"nbf": "0"},
        {"iat": None},
        {"iat": seconds(90)},
        {"iat": seconds(-90)},
        {"sub": None},
        {"sub": ""},
        {"sub": "u-1\x00"},
        {"sub": "u" * 256},
        {"sub": 1},
    ],
)
async def test_claims_that_are_not_for_this_sign_in(ask: Api, entering: Forger, claims: Claims) -> None:
    said = {name: value() if callable(value) else value for name, value in claims.items()}
    assert codes(await come_back(ask, entering, **said)) == ["IDENTITY_REFUSED"]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
        {"azp": CLIENT},
        {"exp": seconds(-50)},
        {"nbf": seconds(50)},
        {"iat": seconds(50)},
        {"iat": seconds(-50)},
    ],
)
async def test_claims_within_what_clocks_may_differ(ask: Api, entering: Forger, claims: Claims) -> None:
    said = {name: value() if callable(value) else value for name, value in claims.items()}
    assert codes(await come_back(ask, entering, **said)) == []


async def test_a_state_is_good_for_one_attempt(ask: Api, entering: Forger) -> None:
    begun = await begin(ask)
    token = signed(entering.claims(begun["authorizationUrl"]), HONEST)
    entering.gives("c", token)
    attempts = await asyncio.gather(*(complete(ask, begun["state"], "c") for _ in range(5)))
    assert sorted(codes(each) for each in attempts) == [[], *[["SIGN_IN_STATE_INVALID"]] * 4]
    # A code that was used is the provider's to refuse; an attempt that failed has used the state up, too.
    begun = await begin(ask)
    assert codes(await complete(ask, begun["state"], "c")) == ["IDENTITY_REFUSED"]
    entering.gives("c", signed(entering.claims(begun["authorizationUrl"]), HONEST))
    assert codes(await complete(ask, begun["state"], "c")) == ["SIGN_IN_STATE_INVALID"]


async def test_a_state_that_is_no_state(ask: Api, entering: Forger, standing: Platform) -> None:
    begun = await begin(ask)
    state = begun["state"]
    elsewhere = (await standing.tenant("jiamusi")).id
    mine = str((await standing.tenant("daye")).id)
    entering.gives("c", signed(entering.claims(begun["authorizationUrl"]), HONEST))
    for wrong in (
        "",
        "x",
        state[:-1],
        state[:-1] + ("A" if state[-1] != "A" else "B"),
        state.replace(mine, str(elsewhere)),
        state.replace(mine, str(uuid7())),
        "cgo_" + "9" * 5_000,
    ):
        assert codes(await complete(ask, wrong, "c")) == ["SIGN_IN_STATE_INVALID"]
    for code in ("", "c" * 2_049, "c\n", "ü"):
        begun = await begin(ask)
        assert codes(await complete(ask, begun["state"], code)) == ["IDENTITY_REFUSED"]


async def test_a_state_lasts_ten_minutes(ask: Api, entering: Forger, standing: Platform) -> None:
    tenant_id = (await standing.tenant("daye")).id
    begun = await begin(ask)
    async with standing.services.database.write(tenant_id) as session:
        lasts = (await session.scalars(select(PendingSignIn.expires_at - PendingSignIn.begun_at))).all()
        assert set(lasts) == {timedelta(minutes=10)}
        await session.execute(
            update(PendingSignIn).where(PendingSignIn.tenant_id == tenant_id).values(expires_at=PendingSignIn.begun_at)
        )
    entering.gives("c", signed(entering.claims(begun["authorizationUrl"]), HONEST))
    assert codes(await complete(ask, begun["state"], "c")) == ["SIGN_IN_STATE_INVALID"]
    await begin(ask)
    async with standing.services.database.write(tenant_id) as session:
        assert len((await session.scalars(select(PendingSignIn))).all()) == 1


async def test_the_verifier_that_the_code_was_asked_with_is_shown(ask: Api, entering: Forger) -> None:
    begun = await begin(ask)
    entering.gives("c", signed(entering.claims(begun["authorizationUrl"]), HONEST))
    assert codes(await complete(ask, begun["state"], "c")) == []
    asked, sent = asked_in(begun["authorizationUrl"]), entering.forms[-1]
    assert create_s256_code_challenge(sent["code_verifier"]) == asked["code_challenge"]
    assert (sent["redirect_uri"], sent["grant_type"]) == (asked["redirect_uri"], "authorization_code")


async def test_the_issuer_that_the_browser_brings(ask: Api, entering: Forger) -> None:
    for issuer, expected in ((entering.issuer, []), ("https://other.example", ["IDENTITY_REFUSED"])):
        begun = await begin(ask)
        entering.gives("c", signed(entering.claims(begun["authorizationUrl"]), HONEST))
        assert codes(await complete(ask, begun["state"], "c", issuer=issuer)) == expected


async def test_a_provider_of_one_city_opens_nothing_in_another(ask: Api, entering: Forger, standing: Platform) -> None:
    """The same issuer, the same person, another client id: neither token nor state nor link is of use there."""
    await register(standing, "jiamusi", entering.issuer, client_id="civicgrid-jiamusi")
    here, there = await begin(ask), await begin(ask, "jiamusi")
    # A token of the one city's client, brought to the other city.
    entering.gives("c", signed(entering.claims(there["authorizationUrl"], aud=CLIENT), HONEST))
    assert codes(await complete(ask, there["state"], "c")) == ["IDENTITY_REFUSED"]
    entering.gives("c", signed(entering.claims(here["authorizationUrl"], aud="civicgrid-jiamusi"), HONEST))
    assert codes(await complete(ask, here["state"], "c")) == ["IDENTITY_REFUSED"]
    # The same person, properly: linked in Daye, unknown in Jiamusi.
    assert codes(await come_back(ask, entering, "jiamusi")) == ["IDENTITY_NOT_LINKED"]
    assert codes(await come_back(ask, entering, "daye")) == []
    # The state of a sign-in that began before the manifest named another client.
    here = await begin(ask)
    entering.gives("c", signed(entering.claims(here["authorizationUrl"]), HONEST))
    await register(standing, "daye", entering.issuer, client_id="civicgrid-new")
    assert codes(await complete(ask, here["state"], "c")) == ["IDENTITY_REFUSED"]
    await register(standing, "daye", entering.issuer)


async def test_two_cities_that_are_one_client_at_their_provider(ask: Api, entering: Forger, standing: Platform) -> None:
    """Even then what was begun in one city is of no use in the other."""
    await register(standing, "jiamusi", entering.issuer)
    await link(standing, "jiamusi", "analyst", entering.issuer)
    here, there = await begin(ask), await begin(ask, "jiamusi")
    entering.gives("c", signed(entering.claims(here["authorizationUrl"]), HONEST))
    assert codes(await complete(ask, there["state"], "c")) == ["IDENTITY_REFUSED"]
    entered = await come_back(ask, entering, "jiamusi")
    read = standing.services.accounts.signer.read(entered["credentials"]["accessToken"], now=now())
    assert read.tenant_id == (await standing.tenant("jiamusi")).id


async def test_a_provider_that_fails_is_told_and_costs_no_page(ask: Api, standing: Platform) -> None:
    """``ask`` holds every answer to be a 200 of GraphQL."""
    async with forging() as forger:
        await register(standing, "huangshan", forger.issuer)
        forger.status = 503
        assert codes(await begin(ask, "huangshan")) == ["IDENTITY_PROVIDER_UNAVAILABLE"]
    async with forging() as forger:
        await register(standing, "huangshan", forger.issuer)
        for status, answer in (
            (500, {}),
            (401, {"error": "invalid_client"}),
            (400, {"error": "invalid_request"}),
            (200, []),
        ):
            begun = await begin(ask, "huangshan")
            forger.answers["c"] = (status, answer)
            assert codes(await complete(ask, begun["state"], "c")) == ["IDENTITY_PROVIDER_UNAVAILABLE"]
        for given in ({}, {"id_token": 1}, {"access_token": "x"}):
            begun = await begin(ask, "huangshan")
            forger.answers["c"] = (200, given)
            assert codes(await complete(ask, begun["state"], "c")) == ["IDENTITY_REFUSED"]


async def test_refusals_are_written_down_without_what_was_sent(ask: Api, entering: Forger, standing: Platform) -> None:
    tenant_id = (await standing.tenant("daye")).id
    await come_back(ask, entering, nonce="typed-by-an-attacker")
    await standing.services.accounts.guesses.close()
    async with standing.services.database.write(tenant_id) as session:
        newest = await session.scalar(
            select(AuditEntry).where(AuditEntry.tenant_id == tenant_id).order_by(AuditEntry.id.desc()).limit(1)
        )
    assert newest is not None
    assert (newest.action, newest.outcome, newest.detail) == (
        "session:refused",
        "REFUSED",
        {"reason": "IDENTITY_NONCE"},
    )


async def test_begin_asks_nothing_of_a_stranger_that_a_city_does_not_name(ask: Api, entering: Forger) -> None:
    before = dict(entering.calls)
    given = {"tenant": "nowhere", "redirectUri": "http://127.0.0.1/", "invitation": "x"}
    assert codes((await ask("daye", None, BEGIN, input=given))["data"]["beginSignIn"]) == ["IDENTITY_PROVIDER_NONE"]
    assert dict(entering.calls) == before
