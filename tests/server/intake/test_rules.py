"""Tracking codes and signatures: form, look-alikes, and the test vector of Standard Webhooks."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.intake.rules import Code, code_of, is_signed, read_code, signature

SECRET = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
ID, STAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
AT = datetime.fromtimestamp(int(STAMP), UTC)


def fits(*, given: str = SIGNED, secrets: tuple[bytes, ...] = (SECRET,), at: datetime = AT, id_: str = ID) -> bool:
    return is_signed(secrets, webhook_id=id_, timestamp=STAMP, given=given, body=BODY, now=at)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    assert signature(SECRET, webhook_id=ID, timestamp=STAMP, body=BODY) == SIGNED
    assert fits()
    assert fits(given=f"v1a,x {SIGNED}", secrets=(b"other", SECRET))


@pytest.mark.parametrize(
    "given", ["", "v1,", SIGNED[:-1], SIGNED.removeprefix("v1,"), "v1,\xff", "\udcff", f"{SIGNED}="]
)
def test_nothing_else_fits(given: str) -> None:
    assert not fits(given=given)


def test_five_minutes_are_let_pass_either_way() -> None:
    for seconds, expected in ((-300, True), (300, True), (-301, False), (301, False)):
        assert fits(at=AT + timedelta(seconds=seconds)) is expected
    assert not fits(id_="with space")
    assert not fits(secrets=())


@given(st.binary(min_size=16, max_size=32), st.sampled_from(["daye", "a-b", "city2", "o-l"]))
def test_a_code_is_read_however_it_is_typed(entropy: bytes, slug: str) -> None:
    code = code_of(slug, entropy)
    assert len(code) == len(slug) + 30
    typed = code[: len(slug)] + code[len(slug) :].lower().replace("0", "o").replace("1", "i")
    assert read_code(code) == read_code(f"  {typed} ") == Code(slug, code)


@given(st.text())
def test_any_text_is_read_as_some_code_or_none(text: str) -> None:
    found = read_code(text)
    assert found.slug == "" or found.text.lower().startswith(found.slug)


def test_two_codes_share_nothing_by_chance() -> None:
    assert code_of("daye", b"\x00" * 16) == "DAYE-00000-00000-00000-00000-00000"
    assert code_of("daye", b"\xff" * 16) == "DAYE-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ"
