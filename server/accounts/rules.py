"""What a user name and a password must look like."""

from __future__ import annotations

import re

from server.errors import Invalid

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 256

_USERNAME = re.compile("[a-z0-9][a-z0-9._-]{1,62}")


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


def require_strong(password: str) -> None:
    """Raise Invalid PASSWORD_TOO_WEAK unless there are 12 to 256 characters (NIST SP 800-63B: length, no recipes)."""
    if MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        return
    raise Invalid(
        "A password has {minimum} to {maximum} characters.",
        code="PASSWORD_TOO_WEAK",
        field=("password",),
        minimum=MINIMUM_LENGTH,
        maximum=MAXIMUM_LENGTH,
    )
