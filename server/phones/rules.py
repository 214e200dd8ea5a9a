"""What a telephone number and a one-time code look like, and how long things are good for (pure)."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum

from server.errors import Invalid

DIGITS = 6
GOOD_FOR = timedelta(minutes=5)
"""How long a code can be used: until, and not at, the instant it ends."""
MOST_ATTEMPTS = 5
"""How many codes may be tried before the right one is void, too."""
TOLD_FOR = timedelta(hours=24)
"""For how long it is tried to tell somebody of something that has happened."""

_SPACES = str.maketrans("", "", " -")
_CHINESE = re.compile(r"(?:(?:\+|00)?86)?(1[3-9][0-9]{9})")
_INTERNATIONAL = re.compile(r"(?:\+|00)([1-9][0-9]{6,14})")
_CODE = re.compile(rf"[0-9]{{{DIGITS}}}")
_SHOWN_BEFORE, _SHOWN_AFTER = 6, 2


class MessageKind(StrEnum):
    """What a message to a telephone is about."""

    CHANGE_CODE = "CHANGE_CODE"
    NUMBER_CHANGED = "NUMBER_CHANGED"
    SIGN_IN_CODE = "SIGN_IN_CODE"


def number_of(text: str, *, field: str = "phone") -> str:
    """The number in E.164: a Chinese mobile number with or without the country's 86, or any with + or 00 before it.

    The same rule in SQL is ``server.residents.models.PHONE_NUMBER``. Errors: Invalid PHONE_INVALID.
    """
    plain = text.strip().translate(_SPACES)
    chinese = _CHINESE.fullmatch(plain)
    if chinese is not None:
        return f"+86{chinese[1]}"
    found = _INTERNATIONAL.fullmatch(plain)
    if found is None:
        raise Invalid(
            "Write a mobile number as 138 0000 0000, or any number with + and its country before it.",
            code="PHONE_INVALID",
            field=(field,),
        )
    return f"+{found[1]}"


def plain_code(text: str) -> str:
    """The six digits of a code as it was typed; empty for a text that is none."""
    typed = "".join(text.split())
    return typed if _CODE.fullmatch(typed) else ""


def masked_number(number: str) -> str:
    """A number for eyes that need not know it: +86138******00."""
    hidden = len(number) - _SHOWN_BEFORE - _SHOWN_AFTER
    return number[:_SHOWN_BEFORE] + "*" * max(0, hidden) + number[-_SHOWN_AFTER:]


def masked_name(name: str) -> str:
    """A name by which a household tells its own apart and a stranger learns little: its last character, 林小海 as **海."""
    return "*" * (len(name) - 1) + name[-1:]
