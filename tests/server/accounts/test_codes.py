from __future__ import annotations

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from server.accounts import codes
from tenants.ids import uuid7
from tenants.keys import Keyring, Undecipherable
from tests.server.accounts.conftest import City

# RFC 6238, appendix B: SHA-1, of which an authenticator shows the last six digits.
RFC_SECRET = b"12345678901234567890"
VECTORS = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
]


@pytest.mark.parametrize(("second", "code"), VECTORS)
def test_codes_are_those_of_the_rfc(second: int, code: str) -> None:
    at = datetime.fromtimestamp(second, UTC)
    assert codes.step_of(RFC_SECRET, code, now=at, after=None) == second // 30


@pytest.mark.parametrize(("early", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_good_a_step_to_either_side(early: int, *, fits: bool) -> None:
    at = datetime.fromtimestamp(1_111_111_109 + early, UTC)
    assert (codes.step_of(RFC_SECRET, "081804", now=at, after=None) is not None) is fits


def test_a_code_is_good_once() -> None:
    at = datetime.fromtimestamp(59, UTC)
    assert codes.step_of(RFC_SECRET, "287082", now=at, after=0) == 1
    assert codes.step_of(RFC_SECRET, "287082", now=at, after=1) is None
    assert codes.step_of(RFC_SECRET, "287082", now=at, after=2) is None


@pytest.mark.parametrize("text", ["", "28708", "2870820", "28708x", "２８７０８２", "287082\x00", "abcd-efgh"])
def test_what_is_no_code(text: str) -> None:
    assert codes.step_of(RFC_SECRET, text, now=datetime.fromtimestamp(59, UTC), after=None) is None


def test_a_code_may_be_typed_in_groups() -> None:
    assert codes.step_of(RFC_SECRET, " 287 082 ", now=datetime.fromtimestamp(59, UTC), after=None) == 1


def test_an_authenticator_reads_the_address() -> None:
    secret = codes.new_secret()
    found = urlsplit(codes.otpauth_url(secret, username="lin.hai", city="daye"))
    assert (found.scheme, found.netloc, found.path) == ("otpauth", "totp", "/CivicGrid%20daye:lin.hai")
    asked = parse_qs(found.query)
    assert base64.b32decode(asked["secret"][0]) == secret
    assert asked["issuer"] == ["CivicGrid daye"]
    assert len(secret) == 20
    assert codes.new_secret() != secret


def test_ten_recovery_codes_which_may_be_typed_anyhow(city: City) -> None:
    account_id, keyring = uuid7(), city.keyring
    fresh = codes.new_recovery_codes()
    assert len(set(fresh)) == 10
    digest = codes.recovery_digest(keyring, fresh[0], account_id=account_id)
    typed = fresh[0].upper().replace("-", " ")
    assert digest == codes.recovery_digest(keyring, typed, account_id=account_id)
    assert digest != codes.recovery_digest(keyring, fresh[0], account_id=uuid7())
    assert digest != codes.recovery_digest(Keyring("x" * 32, city.database), fresh[0], account_id=account_id)
    assert [codes.recovery_digest(keyring, text, account_id=account_id) for text in ("", "123456", fresh[0][:-1])] == [
        None
    ] * 3


async def test_a_secret_is_kept_encrypted_and_bound_to_its_account(city: City) -> None:
    account_id, secret = uuid7(), codes.new_secret()
    async with city.database.write(city.tenant.id) as session:
        kept = await codes.sealed(session, city.keyring, secret, tenant_id=city.tenant.id, account_id=account_id)
    assert secret not in kept
    opened = await codes.opened(city.keyring, kept, tenant_id=city.tenant.id, account_id=account_id)
    assert opened == secret
    with pytest.raises(Undecipherable):
        await codes.opened(city.keyring, kept, tenant_id=city.tenant.id, account_id=uuid7())
