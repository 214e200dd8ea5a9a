"""What people write into a case: trimmed, bounded, and storable."""

from __future__ import annotations

import unicodedata

from server.errors import RuleViolation

TITLE_LENGTH = 200
TEXT_LENGTH = 4000
KEY_LENGTH = 255
TURN_TO_LENGTH = 500
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Mn"})
_DRAWN_AS_NOTHING = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def required_text(value: str, *, field: str, most: int = TEXT_LENGTH) -> str:
    """The text without surrounding space. Raises TEXT_REQUIRED, TEXT_TOO_LONG, TEXT_INVALID."""
    text = optional_text(value, field=field, most=most)
    if text is None:
        raise RuleViolation("{name} must not be empty.", code="TEXT_REQUIRED", field=(field,), name=field)
    return text


def optional_text(value: str | None, *, field: str, most: int = TEXT_LENGTH) -> str | None:
    """The same for a text that may be left out; what shows nothing counts as left out. most: characters."""
    text = (value or "").strip()
    if len(text) > most:
        raise RuleViolation(
            "{name} has at most {most} characters.", code="TEXT_TOO_LONG", field=(field,), name=field, most=most
        )
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise RuleViolation(
            "{name} holds characters that cannot be stored.", code="TEXT_INVALID", field=(field,), name=field
        )
    return text if any(map(_shows, text)) else None


def _shows(character: str) -> bool:
    """Whether a reader sees it: no space, control or formatting character, and no letter that is drawn as nothing."""
    return unicodedata.category(character) not in _UNSEEN and character not in _DRAWN_AS_NOTHING
