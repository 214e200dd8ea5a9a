"""Short texts that people type: names and telephone numbers (pure)."""

from __future__ import annotations

import re

from server.errors import RuleViolation

LINE_LENGTH = 200

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PHONE = re.compile(r"\+?[0-9][0-9 -]{3,30}")


def required_line(value: str, *, field: str, most: int = LINE_LENGTH) -> str:
    """The one-line text without surrounding space. Raises TEXT_REQUIRED, TEXT_TOO_LONG, TEXT_INVALID."""
    line = optional_line(value, field=field, most=most)
    if line is None:
        raise RuleViolation("This must not be empty.", code="TEXT_REQUIRED", field=(field,))
    return line


def optional_line(value: str | None, *, field: str, most: int = LINE_LENGTH) -> str | None:
    """The same for a text that may be left out; blank counts as left out. most: characters."""
    line = (value or "").strip()
    if len(line) > most:
        raise RuleViolation("This has at most {most} characters.", code="TEXT_TOO_LONG", field=(field,), most=most)
    # JSON may carry half a surrogate pair, which no database takes.
    if _CONTROL.search(line) or any("\ud800" <= letter <= "\udfff" for letter in line):
        raise RuleViolation("This holds characters that cannot be stored.", code="TEXT_INVALID", field=(field,))
    return line or None


def optional_phone(value: str | None, *, field: str = "phone") -> str | None:
    """A telephone number, or None for none. Raises PHONE_INVALID unless it is 4 to 32 digits, spaces and hyphens."""
    number = (value or "").strip()
    if number and not _PHONE.fullmatch(number):
        raise RuleViolation(
            "A telephone number has 4 to 32 digits, spaces and hyphens, with + before them if need be.",
            code="PHONE_INVALID",
            field=(field,),
        )
    return number or None
