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
    rules.require_strong(("abcd" * 64)[:length])


@pytest.mark.parametrize("length", [0, 1, 11, 257, 100_000])
def test_passwords_out_of_bounds(length: int) -> None:
    with pytest.raises(Invalid) as refused:
        rules.require_strong("x" * length)
    assert (refused.value.code, refused.value.field) == ("PASSWORD_TOO_WEAK", ("password",))


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "PassWord1234",
        "ｐａｓｓｗｏｒｄ１２３４",
        "111111111111",
        "abababababab",
        "administrator",
        "lin.hai.1980",
    ],
)
def test_passwords_that_would_be_guessed(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.require_strong(password, username="lin.hai.1980", field="newPassword")
    assert (refused.value.code, refused.value.field) == ("PASSWORD_TOO_WEAK", ("newPassword",))


@pytest.mark.parametrize("password", ["correct horse", "aaaaaaaaaaab c", "lin.hai.1980!", "长长的密码一共有十二个字"])
def test_no_recipe_is_asked_for(password: str) -> None:
    rules.require_strong(password, username="lin.hai.1980")


@pytest.mark.parametrize(
    ("sent", "label"),
    [
        ("", None),
        (" \t\n ", None),
        ("Mozilla/5.0  (X11;\tLinux)\x00 Firefox/140", "Mozilla/5.0 (X11; Linux) Firefox/140"),
        ("\ud800app", "app"),
        ("x" * 120, "x" * 120),
        ("x" * 100_000, "x" * 119 + "…"),
    ],
)
def test_a_device_has_a_short_name_of_one_line(sent: str, label: str | None) -> None:
    assert rules.device_label(sent) == label
