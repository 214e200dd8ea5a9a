"""What is kept of providers: freshness, rotation, floods of unknown keys, providers that are down, slow or lying."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from server.identity_providers.directory import KEYS_FRESH, METADATA_FRESH, UNKNOWN_KEY_PAUSE, Directory
from server.identity_providers.fetching import Fetcher, Unreachable
from server.identity_providers.id_tokens import Header
from tests.fixtures.provider import Forger

KNOWN, UNKNOWN = Header("RS256", "rsa-1"), Header("RS256", "rsa-2")
DISCOVERY = "/.well-known/openid-configuration"


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def directory(clock: Clock) -> AsyncIterator[Directory]:
    found = Directory(Fetcher(production=False, seconds=0.5), ticks=clock)
    yield found
    await found.close()


async def test_what_was_read_is_kept_while_it_is_fresh(directory: Directory, clock: Clock, forger: Forger) -> None:
    for _ in range(3):
        assert (await directory.metadata(forger.issuer)).token_endpoint == f"{forger.issuer}/token"
        assert await directory.find_key(forger.issuer, KNOWN) is not None
    assert dict(forger.calls) == {DISCOVERY: 1, "/keys": 1}
    clock.at += KEYS_FRESH
    assert await directory.find_key(forger.issuer, KNOWN) is not None
    assert dict(forger.calls) == {DISCOVERY: 1, "/keys": 2}
    clock.at += METADATA_FRESH
    await directory.metadata(forger.issuer)
    assert dict(forger.calls) == {DISCOVERY: 2, "/keys": 2}


async def test_keys_rotate_without_a_restart(directory: Directory, clock: Clock, forger: Forger) -> None:
    assert await directory.find_key(forger.issuer, KNOWN) is not None
    fresh = RSAKey.generate_key(2048, {"kid": "rsa-2"})
    forger.keys[:] = [fresh.as_dict(private=False)]
    assert await directory.find_key(forger.issuer, UNKNOWN) is not None
    assert await directory.find_key(forger.issuer, KNOWN) is None  # what the provider withdrew is gone with it
    assert forger.calls["/keys"] == 2
    clock.at += UNKNOWN_KEY_PAUSE


async def test_a_flood_of_unknown_keys_asks_once_a_minute(directory: Directory, clock: Clock, forger: Forger) -> None:
    assert await directory.find_key(forger.issuer, KNOWN) is not None
    forger.calls.clear()
    for minute in range(1, 4):
        flood = (directory.find_key(forger.issuer, Header("RS256", f"x{number}")) for number in range(200))
        assert set(await asyncio.gather(*flood)) == {None}
        clock.at += UNKNOWN_KEY_PAUSE - 1
        assert await directory.find_key(forger.issuer, UNKNOWN) is None
        assert forger.calls["/keys"] == minute
        clock.at += 1


async def test_however_many_wait_it_is_asked_once(directory: Directory, forger: Forger) -> None:
    forger.pause = 0.1
    found = await asyncio.gather(*(directory.find_key(forger.issuer, KNOWN) for _ in range(100)))
    assert None not in found
    assert dict(forger.calls) == {DISCOVERY: 1, "/keys": 1}


async def test_who_waits_may_leave(directory: Directory, forger: Forger) -> None:
    forger.pause = 0.1
    leaving = asyncio.create_task(directory.metadata(forger.issuer))
    staying = asyncio.create_task(directory.metadata(forger.issuer))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).issuer == forger.issuer
    assert forger.calls[DISCOVERY] == 1


async def test_the_last_good_answer_stands_for_a_day(directory: Directory, clock: Clock, forger: Forger) -> None:
    await directory.find_key(forger.issuer, KNOWN)
    forger.status = 503
    clock.at += METADATA_FRESH
    for _ in range(5):
        assert (await directory.metadata(forger.issuer)).issuer == forger.issuer
        assert await directory.find_key(forger.issuer, KNOWN) is not None
    assert dict(forger.calls) == {DISCOVERY: 2, "/keys": 2}
    clock.at += 86_400
    with pytest.raises(Unreachable):
        await directory.find_key(forger.issuer, KNOWN)


async def test_a_provider_that_is_down_is_asked_again_after_a_pause(
    directory: Directory, clock: Clock, forger: Forger
) -> None:
    forger.status = 503
    for _ in range(10):
        with pytest.raises(Unreachable):
            await directory.metadata(forger.issuer)
    assert forger.calls[DISCOVERY] == 1
    forger.status = 200
    clock.at += 5
    assert (await directory.metadata(forger.issuer)).issuer == forger.issuer


async def test_a_provider_that_is_slow_holds_nobody_for_long(directory: Directory, forger: Forger) -> None:
    forger.pause = 5.0
    began = time.monotonic()
    answers = await asyncio.gather(*(directory.metadata(forger.issuer) for _ in range(50)), return_exceptions=True)
    assert {type(each) for each in answers} == {Unreachable}
    assert time.monotonic() - began < 3
    assert forger.calls[DISCOVERY] == 1


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "http://other.example/token"},
        {"jwks_uri": "http://169.254.169.254/latest"},
        {"jwks_uri": "https://user@other.example/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=str,
)
async def test_a_discovery_document_that_does_not_hold(
    directory: Directory, forger: Forger, said: dict[str, object]
) -> None:
    forger.metadata = said
    with pytest.raises(Unreachable):
        await directory.metadata(forger.issuer)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b" " * 300_000, b"<html>"])
async def test_an_answer_that_is_no_document(directory: Directory, forger: Forger, body: bytes) -> None:
    forger.body = body
    with pytest.raises(Unreachable):
        await directory.metadata(forger.issuer)


async def test_redirects_are_not_followed(directory: Directory, forger: Forger) -> None:
    forger.status, forger.location = 302, f"{forger.issuer}/keys"
    with pytest.raises(Unreachable):
        await directory.metadata(forger.issuer)
    assert dict(forger.calls) == {DISCOVERY: 1}


@pytest.mark.parametrize(
    "keys", [None, "keys", [], [1], [{"kty": "oct", "k": "c2VjcmV0", "kid": "rsa-1"}], [{"kty": "RSA", "kid": "rsa-1"}]]
)
async def test_keys_that_are_none(directory: Directory, forger: Forger, keys: Any) -> None:
    forger.keys = keys
    assert await directory.find_key(forger.issuer, KNOWN) is None
