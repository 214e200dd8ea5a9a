"""Messages of graphql-core without the values they quote: a value may be a password, or a megabyte.

What stays is the path to the value, its type and what was expected of it. graphql-core quotes values in the forms below
(``utilities/validate_input_value.py``, ``type/scalars.py``, ``type/definition.py``), Strawberry in one (``a Date``).
"""

from __future__ import annotations

import re

from schema.scalars import INSTANT_RULES

_AT = r"(?P<at>(?:Variable '\$\w+'|Argument '[^']+') has invalid (?:default )?value(?: at [\w.\[\]]+)?: )"
_PLACE = re.compile(_AT, re.ASCII)
_TYPE = r"'[\w\[\]!]+'"
_ERROR = re.compile(rf"(Expected value of type {_TYPE}), but encountered error '", re.ASCII)
_TO_NULL = (" not to be None.", " not to be null.")
_QUOTING = (
    re.compile(
        rf"(Expected value of type {_TYPE}(?: to be an object| to include required field '\w+'"
        r"| not to include unknown field '\w+')?)(?:, found|\.? Did you mean)",
        re.ASCII,
    ),
    re.compile(rf"(Expected value of type {_TYPE} not to include unknown field) '", re.ASCII),
    re.compile(r"((?:Int|Float|String|Boolean|ID|Enum '\w+') cannot represent [\w -]*?value):", re.ASCII),
    re.compile(r"(Value cannot represent an? \w+):", re.ASCII),
)
_NO_WORD = re.compile(r"Value '.*' does not exist in ('\w+' enum\.)", re.ASCII | re.DOTALL)
_HARMLESS = (
    "Expected a value of non-null type ",
    "Expected value of non-null type ",
    "Within OneOf Input Object type ",
)


def without_values(message: str) -> str:
    """The message of an error as clients may read it. Other than about values, messages stay as they are."""
    place = _PLACE.match(message)
    at = "" if place is None else place["at"]
    detail = message[len(at) :]
    said = _said(detail)
    if said is None:
        said = "The value is not one of its type." if at and not detail.startswith(_HARMLESS) else detail
    return at + said.replace(*_TO_NULL)


def _said(detail: str) -> str | None:
    """What is expected, None for a form that quotes no value as far as is known."""
    if (found := _ERROR.match(detail)) is not None:
        reason = next((rule for rule in INSTANT_RULES if detail.startswith(rule, found.end())), None)
        return f"{found[1]}." if reason is None else f"{found[1]}: {reason}."
    for form in _QUOTING:
        if (found := form.match(detail)) is not None:
            return f"{found[1]}."
    found = _NO_WORD.match(detail)
    return None if found is None else f"The value does not exist in {found[1]}"
