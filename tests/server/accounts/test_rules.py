from __future__ import annotations

import pytest

from server.accounts import rules
from server.errors import Invalid


@pytest.mark.parametrize("name", ["ab", "zhou.min", "grid-worker_7", "0a", "a" * 63])
def test_user_names(name: str) -> None:
    assert rules.is_username(name)


@pytest.mark.parametrize(
    "name", ["", "a", "a" * 64, "Zhou", "-ab", ".ab", "a b", "a,b", "王敏", "ab\n", "a\x00b", "a\ud800"]
)
def test_no_user_names(name: str) -> None:
    assert not rules.is_username(name)
    with pytest.raises(Invalid) as refused:
        rules.require_username(name)
    assert (refused.value.code, refused.value.field) == ("USERNAME_INVALID", ("username",))


@pytest.mark.parametrize("length", [12, 13, 256])
def test_long_enough_passwords(length: int) -> None:
    rules.require_strong("x" * length)


@pytest.mark.parametrize("length", [0, 1, 11, 257, 100_000])
def test_passwords_out_of_bounds(length: int) -> None:
    with pytest.raises(Invalid) as refused:
        rules.require_strong("x" * length)
    assert (refused.value.code, refused.value.field) == ("PASSWORD_TOO_WEAK", ("password",))
