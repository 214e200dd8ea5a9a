from __future__ import annotations

import json
import string
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from server.accounts import tokens
from server.accounts.tokens import Claims, Tokens
from server.errors import Unauthenticated
from tenants.keys import derive

SECRET = "a secret for tests, 32 characters or more"
NOW = datetime(2026, 3, 2, 4, 0, 0, 250_000, tzinfo=UTC)
ACCOUNT = UUID("019ca000-0000-7000-8000-000000000001")
TENANT = UUID("019ca000-0000-7000-8000-000000000002")
SESSION = UUID("019ca000-0000-7000-8000-000000000003")
KEY = OctKey.import_key(derive(SECRET, "access-token"))
SIGNER = Tokens(SECRET)


def _access(signer: Tokens = SIGNER, *, session_ends: datetime = NOW + timedelta(days=30)) -> tuple[str, datetime]:
    return signer.access(
        account_id=ACCOUNT,
        tenant_id=TENANT,
        session_id=SESSION,
        session_ends=session_ends,
        now=NOW,
    )


def _claims(**changed: Any) -> dict[str, Any]:
    seconds = int(NOW.timestamp())
    claims = {
        "iss": "civicgrid",
        "sub": str(ACCOUNT),
        "tid": str(TENANT),
        "sid": str(SESSION),
        "iat": seconds,
        "exp": seconds + 900,
    }
    return {name: value for name, value in (claims | changed).items() if value is not ...}


def _forge(claims: dict[str, Any], header: dict[str, Any] | None = None, *, key: OctKey = KEY) -> str:
    header = header or {"alg": "HS256", "typ": "at+jwt"}
    return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def _refused(token: str, *, now: datetime = NOW) -> None:
    with pytest.raises(Unauthenticated) as refused:
        SIGNER.read(token, now=now)
    assert (refused.value.code, str(refused.value)) == (
        "UNAUTHENTICATED",
        "The access token is missing, wrong or expired.",
    )


def test_a_token_says_who_where_and_until_when() -> None:
    token, expires_at = _access()
    assert expires_at == datetime(2026, 3, 2, 4, 15, tzinfo=UTC)
    assert SIGNER.read(token, now=NOW) == Claims(
        account_id=ACCOUNT,
        tenant_id=TENANT,
        session_id=SESSION,
        issued_at=datetime(2026, 3, 2, 4, 0, tzinfo=UTC),
        expires_at=expires_at,
    )


def test_a_token_ends_on_its_second() -> None:
    token, expires_at = _access()
    assert SIGNER.read(token, now=expires_at - timedelta(microseconds=1)).expires_at == expires_at
    _refused(token, now=expires_at)


def test_a_token_never_outlives_its_session() -> None:
    _, expires_at = _access(session_ends=NOW + timedelta(minutes=2))
    assert expires_at == datetime(2026, 3, 2, 4, 2, tzinfo=UTC)


def test_the_clock_of_another_machine_may_be_a_minute_ahead() -> None:
    token, _ = _access()
    issued = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    assert SIGNER.read(token, now=issued - timedelta(seconds=60)).account_id == ACCOUNT
    _refused(token, now=issued - timedelta(seconds=61))


def test_the_forge_of_these_tests_makes_good_tokens() -> None:
    assert SIGNER.read(_forge(_claims()), now=NOW).session_id == SESSION


@pytest.mark.parametrize("name", ["iss", "sub", "tid", "sid", "iat", "exp"])
def test_every_claim_is_required(name: str) -> None:
    _refused(_forge(_claims(**{name: ...})))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "civicgrid2"},
        {"iss": ["civicgrid"]},
        {"aud": "somebody"},
        {"sub": "1"},
        {"sub": str(ACCOUNT).upper()},
        {"sub": ACCOUNT.hex},
        {"tid": None},
        {"sid": 7},
        {"iat": "1772424000"},
        {"exp": 1e99},
        {"exp": 10**30},
        {"exp": True},
        {"exp": -1},
    ],
    ids=str,
)
def test_claims_of_another_shape_are_refused(changed: dict[str, Any]) -> None:
    _refused(_forge(_claims(**changed)))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "HS384", "typ": "at+jwt"},
        {"alg": "HS512", "typ": "at+jwt"},
        {"alg": "HS256", "typ": "JWT"},
        {"alg": "HS256", "typ": "at+jwt", "kid": "../../dev/null"},
        {"alg": "HS256", "typ": "at+jwt", "jku": "https://keys.example/"},
        {"alg": "HS256", "typ": "at+jwt", "cty": "JWT"},
    ],
    ids=str,
)
def test_another_header_is_refused_though_the_signature_fits(header: dict[str, Any]) -> None:
    _refused(_forge(_claims(), header))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_an_unsigned_token_is_refused(algorithm: str) -> None:
    parts = [json.dumps(part).encode() for part in ({"alg": algorithm, "typ": "at+jwt"}, _claims())]
    text = ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    _refused(f"{text}.")
    _refused(text)


def test_a_key_for_another_purpose_does_not_sign_tokens() -> None:
    _refused(_forge(_claims(), key=OctKey.import_key(derive(SECRET, "field-key-wrapping"))))
    _refused(_access(Tokens("another secret for tests, long enough"))[0])


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_part_breaks_the_signature(part: int) -> None:
    parts = _access()[0].split(".")
    parts[part] = ("A" if parts[part][0] != "A" else "B") + parts[part][1:]
    _refused(".".join(parts))


def test_a_huge_token_is_refused_even_when_it_is_signed() -> None:
    token = _forge(_claims(pad="x" * 4096))
    assert len(token) > tokens.MAXIMUM_BYTES
    _refused(token)
    _refused("x" * 5_000_000)


@pytest.mark.parametrize("text", ["", ".", "..", "...", "a.b.c", "\ud800", "令牌", "\x00.\x00.\x00", "ey.ey.ey.ey.ey"])
def test_nonsense_is_refused(text: str) -> None:
    _refused(text)


@given(st.text(max_size=200) | st.lists(st.text(alphabet="ey._-=AZ09{}", max_size=40), max_size=5).map(".".join))
def test_any_text_is_refused_with_the_same_answer(text: str) -> None:
    _refused(text)


@given(
    st.dictionaries(
        st.sampled_from(["iss", "sub", "tid", "sid", "iat", "exp"]),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.lists(st.text()),
    ).filter(bool),
)
def test_signed_claims_of_any_type_are_read_or_refused(changed: dict[str, Any]) -> None:
    try:
        claims = SIGNER.read(_forge(_claims(**changed)), now=NOW)
    except Unauthenticated:
        return
    assert (claims.account_id, claims.tenant_id, claims.session_id) == (ACCOUNT, TENANT, SESSION)
    assert changed.keys() <= {"iat", "exp", "iss"}


def test_a_refresh_token_names_its_session_and_only_its_digest_is_kept() -> None:
    text, digest = SIGNER.first_refresh_token(TENANT, SESSION)
    assert text.startswith(f"cgr_{TENANT}.{SESSION}.")
    assert len(text.rpartition(".")[2]) == 43
    assert digest == sha256(text.encode()).digest()
    parsed = tokens.parse_refresh_token(text)
    assert parsed == tokens.RefreshToken(tenant_id=TENANT, session_id=SESSION, digest=digest, text=text)
    assert tokens.fits(parsed, digest)


def test_another_secret_does_not_fit() -> None:
    first, second = (SIGNER.first_refresh_token(TENANT, SESSION) for _ in range(2))
    parsed = tokens.parse_refresh_token(first[0])
    assert parsed is not None
    assert not tokens.fits(parsed, second[1])


def _parsed(text: str) -> tokens.RefreshToken:
    found = tokens.parse_refresh_token(text)
    assert found is not None
    return found


def test_a_refresh_token_proves_that_it_was_issued_for_its_session_however_long_ago() -> None:
    token = _parsed(SIGNER.first_refresh_token(TENANT, SESSION)[0])
    for _ in range(5):
        assert SIGNER.has_issued(token)
        secret = token.text.rpartition(".")[2]
        for text in (
            f"cgr_{TENANT}.{SESSION}.{'A' * 43}",
            f"cgr_{TENANT}.{SESSION}.{('B' if secret[0] == 'A' else 'A') + secret[1:]}",
            f"cgr_{TENANT}.{SESSION}.{secret[:-2] + ('B' if secret[-2] == 'A' else 'A') + secret[-1]}",
            f"cgr_{TENANT}.{ACCOUNT}.{secret}",
            f"cgr_{ACCOUNT}.{SESSION}.{secret}",
        ):
            assert not SIGNER.has_issued(_parsed(text))
        assert not tokens.Tokens("another secret of a platform, as long").has_issued(token)
        token = _parsed(SIGNER.next_refresh_token(token)[0])


def test_of_the_texts_that_read_as_the_same_bytes_one_was_issued() -> None:
    """The last of 43 characters holds two bits that nobody reads."""
    text = SIGNER.first_refresh_token(TENANT, SESSION)[0]
    found = [
        last for last in string.ascii_letters + string.digits + "-_" if SIGNER.has_issued(_parsed(text[:-1] + last))
    ]
    assert found == [text[-1]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cgr_",
        f"cgr_{TENANT}.{SESSION}.{'a' * 42}",
        f"cgr_{TENANT}.{SESSION}.{'a' * 44}",
        f"cgr_{TENANT}.{SESSION}.{'a' * 42}é",
        f"cgr_{TENANT}.{SESSION}.{'a' * 43}\n",
        f"cgr_{str(TENANT).upper()}.{SESSION}.{'a' * 43}",
        f"cgr_{TENANT.hex}.{SESSION}.{'a' * 43}",
        f"CGR_{TENANT}.{SESSION}.{'a' * 43}",
        f" cgr_{TENANT}.{SESSION}.{'a' * 43}",
    ],
)
def test_what_is_not_shaped_like_a_refresh_token(text: str) -> None:
    assert tokens.parse_refresh_token(text) is None
