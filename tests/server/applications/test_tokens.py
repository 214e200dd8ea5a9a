from __future__ import annotations

import base64
import re
import string
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from server.accounts.tokens import Tokens
from server.applications.tokens import ApplicationTokens, fits, is_shown_by_applications, new_key, read_key
from server.errors import Unauthenticated
from tenants.ids import uuid7
from tenants.keys import derive
from tests.conftest import SECRET

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
SIGNER = ApplicationTokens(SECRET)
TENANT, APPLICATION = uuid7(), uuid7()
KEY = UUID("01a20a5d-452e-7002-bccb-81f16e8ca7af")


def _issue(signer: ApplicationTokens = SIGNER, *, scopes: tuple[str, ...] = ("case:read",)) -> str:
    text, _ = signer.issue(
        tenant_id=TENANT, application_id=APPLICATION, key_id=KEY, scopes=scopes, ends_at=LATER, now=NOW
    )
    return text


def _forged(key: bytes, header: dict[str, str] | None = None, **changed: object) -> str:
    claims = {
        "iss": "civicgrid",
        "sub": str(APPLICATION),
        "tid": str(TENANT),
        "kid": str(KEY),
        "scope": "case:read",
        "iat": int(NOW.timestamp()),
        "exp": int(LATER.timestamp()),
        **changed,
    }
    header = header or {"alg": "HS256", "typ": "at+jwt"}
    return "cga_" + jwt.encode(header, claims, OctKey.import_key(key), algorithms=["HS256"])


def test_a_key_says_where_to_look_and_fits_its_digest_alone() -> None:
    made, other = new_key(TENANT, KEY), new_key(TENANT, KEY)
    assert re.fullmatch(r"cg_[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}", made.text)
    shown = read_key(made.text, peer="192.0.2.7")
    assert (shown.tenant_id, shown.key_id, shown.peer, shown.scopes) == (TENANT, KEY, "192.0.2.7", None)
    assert fits(shown, made.digest)
    assert not fits(shown, other.digest)
    assert not fits(shown, None)
    assert made.text.startswith(made.hint)
    assert len(made.hint) == 15
    assert made.text not in repr(shown)


def test_another_spelling_of_the_same_id_is_another_key() -> None:
    """Base64 has spare bits: whoever sets them does not get past the digest, which is of the text."""
    made = new_key(TENANT, KEY)
    id_, _, secret = made.text.removeprefix("cg_").partition(".")
    spelled = next(
        id_[:-1] + last
        for last in string.ascii_letters + string.digits + "-_"
        if last != id_[-1] and base64.urlsafe_b64decode(id_[:-1] + last + "=") == base64.urlsafe_b64decode(id_ + "=")
    )
    shown = read_key(f"cg_{spelled}.{secret}", peer="")
    assert (shown.tenant_id, shown.key_id) == (TENANT, KEY)
    assert not fits(shown, made.digest)


@pytest.mark.parametrize(
    "text",
    [
        "cg_",
        "cg_.",
        f"cg_{KEY}.{'a' * 43}",
        f"cg_{'a' * 43}.{'a' * 42}",
        f"cg_{'a' * 44}.{'a' * 43}",
        f"cg_{'a' * 43}.{'a' * 43}\n",
        f" cg_{'a' * 43}.{'a' * 43}",
        f"CG_{'a' * 43}.{'a' * 43}",
        f"cg_{'a' * 42}'.{'a' * 43}",
        f"cg_{'a' * 42}%.{'a' * 43}",
        f"cg_{'á' * 43}.{'a' * 43}",
        f"cg_{'٣' * 43}.{'a' * 43}",
        f"cg_{'a' * 43}.{'a' * 100_000}",
        "cg_' or '1'='1' --.x",
        "cg_\x00.\x00",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Unauthenticated, match="wrong, over, or not for this place"):
        read_key(text, peer="")


@given(st.text(max_size=200))
def test_any_text_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(Unauthenticated):
        read_key("cg_" + text, peer="")
    with pytest.raises(Unauthenticated):
        SIGNER.read("cga_" + text, peer="", now=NOW)


def test_a_token_says_which_key_and_scopes_and_until_when() -> None:
    text, expires_at = SIGNER.issue(
        tenant_id=TENANT, application_id=APPLICATION, key_id=KEY, scopes={"b:c", "a:b"}, ends_at=LATER, now=NOW
    )
    shown = SIGNER.read(text, peer="192.0.2.7", now=NOW)
    assert (shown.tenant_id, shown.key_id, shown.peer, shown.digest) == (TENANT, KEY, "192.0.2.7", None)
    assert (shown.scopes, shown.expires_at) == (frozenset({"a:b", "b:c"}), NOW + timedelta(minutes=15))
    assert expires_at == shown.expires_at
    assert SIGNER.read(text, peer="192.0.2.8", now=NOW).peer == "192.0.2.8"
    for wrong in (expires_at, NOW - timedelta(seconds=61)):
        with pytest.raises(Unauthenticated):
            SIGNER.read(text, peer="", now=wrong)


def test_a_token_ends_with_its_key() -> None:
    soon = NOW + timedelta(minutes=3)
    _, expires_at = SIGNER.issue(
        tenant_id=TENANT, application_id=APPLICATION, key_id=KEY, scopes=["a:b"], ends_at=soon, now=NOW
    )
    assert expires_at == soon


def test_a_token_we_did_not_sign_is_refused() -> None:
    right = derive(SECRET, "application-token")
    assert SIGNER.read(_forged(right), peer="", now=NOW).key_id == KEY
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
    wrong = [
        _forged(b"another key of thirty-two bytes!"),
        _forged(derive(SECRET, "access-token")),
        _forged(right, {"alg": "HS256", "typ": "JWT"}),
        _forged(right, iss="somebody"),
        _forged(right, extra="claim"),
        _forged(right, tid="not an id"),
        _forged(right, exp="soon"),
        _forged(right, exp=10**30),
        f"cga_{unsigned}.{_issue().split('.')[1]}.",
        _issue().removeprefix("cga_"),
        _issue()[:-1],
        "cga_" + "a" * 5000,
        "cga_..",
    ]
    for text in wrong:
        with pytest.raises(Unauthenticated):
            SIGNER.read(text, peer="", now=NOW)


def test_tokens_of_people_and_of_applications_never_pass_for_each_other() -> None:
    people = Tokens(SECRET)
    token, _ = people.access(account_id=APPLICATION, tenant_id=TENANT, session_id=KEY, session_ends=LATER, now=NOW)
    assert not is_shown_by_applications(token)
    with pytest.raises(Unauthenticated):
        SIGNER.read(f"cga_{token}", peer="", now=NOW)
    for text in (_issue(), _issue().removeprefix("cga_")):
        with pytest.raises(Unauthenticated):
            people.read(text, now=NOW)
    assert not is_shown_by_applications(f"cgr_{UUID(int=1)}")
