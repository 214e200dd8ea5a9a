"""What a user name, a password and a device's name look like, and how long things are good for (pure)."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum

from server.errors import Invalid

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 256
LONGEST_DEVICE = 120
REFRESH_GRACE = timedelta(seconds=10)
"""How long an exchanged refresh token still gets the answer it got, in case that was lost on the way."""
INVITED_FOR = timedelta(hours=72)

_USERNAME = re.compile("[a-z0-9][a-z0-9._-]{1,62}")
_FEWEST_DIFFERENT = 3
# Of those of twelve characters and more that leak most often; shorter ones are refused for their length.
_COMMON_LIST = """
    000000000000 0123456789012 1111111111111 111222333444 112233445566 121212121212 123123123123 123412341234
    123456123456 1234567890-= 123456789012 1234567890123 123456789123 1234567891011 1234567890qwerty
    123456789abc 123456789qwe 123qwe123qwe 123qweasdzxc 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv
    5201314520131 987654321098 9876543210987 aaaaaaaaaaaa abc123abc123 abc123456789 abcd1234abcd abcd12345678
    abcdef123456 abcdefghijkl abcdefghijklm admin1234567 admin123admin admin123456789 adminadmin12 adminadminadmin
    administrator administrator1 administrator123 asdfasdfasdf asdfghjkl123 asdfghjkl123456 asdfghjkl;' changemeplease
    changeme1234 civicgrid1234 civicgridcivicgrid computer1234 correcthorsebatterystaple defaultpassword dragon123456
    football1234 helloworld123 iloveyou1234 iloveyouiloveyou letmein12345 letmeinletmein liverpool123 login1234567
    loveyou12345 monkey123456 mypassword12 mypassword123 p@ssw0rd1234 p@ssword1234 pa$$w0rd1234 passw0rd1234
    password1234 password12345 password123456 password!234 passwordpassword princess1234 q1w2e3r4t5y6 q1w2e3r4t5y6u7
    qazwsxedc123 qazwsxedcrfv qazwsxedcrfvtgb qwe123qwe123 qweasdzxc123 qwer1234qwer qwerasdfzxcv qwerqwerqwer
    qwerty123456 qwerty1234567 qwertyqwerty qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopasdf samsung12345
    secret123456 starwars1234 sunshine1234 superman1234 testtesttest unknown12345 welcome12345 welcome123456
    whatever1234 woaini123456 woaini1314520 woaini5201314 zaq12wsxcde3 zxcvbnm12345 zxcvbnm123456 zxcvbnmasdfg
"""
_COMMON = frozenset(_COMMON_LIST.split())


class SignInMethod(StrEnum):
    """How a session was begun."""

    PASSWORD = "PASSWORD"  # noqa: S105 - a word, not a password
    OIDC = "OIDC"
    PHONE = "PHONE"
    SUPPORT = "SUPPORT"
    LINK = "LINK"


class AccountStatus(StrEnum):
    """Whether an account may sign in."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


def is_username(text: str) -> bool:
    """Whether a text can be a user name at all: 2 to 63 of a-z, 0-9 and ``. - _``."""
    return _USERNAME.fullmatch(text) is not None


def require_username(text: str) -> None:
    """Raise Invalid USERNAME_INVALID unless ``is_username``."""
    if is_username(text):
        return
    raise Invalid(
        "A user name has 2 to 63 of a-z, 0-9, dot, hyphen and underscore, and starts with a letter or digit.",
        code="USERNAME_INVALID",
        field=("username",),
    )


def require_strong(password: str, *, username: str | None = None, field: str = "password") -> None:
    """Raise Invalid PASSWORD_TOO_WEAK unless a password may be chosen.

    NIST SP 800-63B, 5.1.1.2: 12 to 256 characters, none that is known to be common, repetitive, or the user name; and
    never a recipe of capitals and digits.
    """
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        raise Invalid(
            "A password has {minimum} to {maximum} characters.",
            code="PASSWORD_TOO_WEAK",
            field=(field,),
            minimum=MINIMUM_LENGTH,
            maximum=MAXIMUM_LENGTH,
        )
    plain = unicodedata.normalize("NFKC", password).casefold()
    if plain in _COMMON or len(set(plain)) < _FEWEST_DIFFERENT or (username is not None and plain == username):
        raise Invalid(
            "This password would be guessed: it is among the most common ones, repeats itself or is the user name. "
            "Choose another, for example a few words.",
            code="PASSWORD_TOO_WEAK",
            field=(field,),
        )


def device_label(user_agent: str) -> str | None:
    """What a program says of itself (User-Agent), one line of at most 120 characters; None for nothing."""
    printable = "".join(char if char.isprintable() else " " for char in user_agent[: 4 * LONGEST_DEVICE])
    label = " ".join(printable.split())
    return (label if len(label) <= LONGEST_DEVICE else f"{label[: LONGEST_DEVICE - 1]}…") or None


def is_within_grace(rotated_at: datetime | None, now: datetime) -> bool:
    """Whether a refresh token that was exchanged at ``rotated_at`` may be shown once more."""
    # Seen before it was exchanged is no contradiction: clocks differ, and of two at once the later may come first.
    return rotated_at is not None and now <= rotated_at + REFRESH_GRACE
