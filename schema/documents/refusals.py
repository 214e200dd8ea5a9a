"""What a client is told about a limit it has passed, and how to stay within it."""

from __future__ import annotations

from schema.documents.limits import Limits
from schema.documents.measures import Measures
from schema.faults import RequestFault

ADVICE = {
    "text": "A document may have up to {allowed} characters: send several requests.",
    "lines": "A document may have up to {allowed} lines: leave out empty ones.",
    "tokens": "A document may have up to {allowed} tokens: leave out what you do not need, or send several requests.",
    "operations": "A document may hold up to {allowed} operations: send what you execute.",
    "depth": "Fields may be nested up to {allowed} deep: ask for what lies deeper by its id.",
    "aliases": "A document may have up to {allowed} aliases: send several requests, or ask for lists.",
    "directives": "A document may have up to {allowed} directives: leave fields out instead of skipping them.",
    "spreads": "A document may spread fragments up to {allowed} times: write the fields where they belong.",
    "values": "An argument may have up to {allowed} values written in it: put them in a variable.",
    "fields": "A selection set may have up to {allowed} fields, with those of its fragments: select fewer.",
    "repeats": "A selection set may name the same field up to {allowed} times, with its fragments: name it once.",
    "selected": "An operation may select up to {allowed} fields, with those of its fragments: send several requests.",
    "introspected": (
        "A document may ask for up to {allowed} fields of the schema itself: ask for what you do not know yet."
    ),
    "work": (
        "This takes too long to check, its fields and fragments overlap too often or lie too deep: name each field once "
        "in its selection set, and spread each fragment once."
    ),
}
BESIDE_DATA = (
    "Beside data a document may ask for up to {allowed} fields of the schema itself: ask in a request of its own."
)
_MEASURED = tuple(name for name in ADVICE if name in Measures.__dataclass_fields__)


def beyond(measures: Measures, limits: Limits) -> RequestFault | None:
    """The error for a document above a limit, the first in the order of ``Limits``; None when it is within all."""
    for name in _MEASURED:
        found, allowed = getattr(measures, name), getattr(limits, name)
        if found > allowed:
            return too_complex(name, allowed)
    return None


def too_complex(limit: str, allowed: int, advice: str | None = None) -> RequestFault:
    """Code QUERY_TOO_COMPLEX; the message says what to do, the extensions have the limit's name and number."""
    return RequestFault(
        advice or ADVICE[limit],
        code="QUERY_TOO_COMPLEX",
        told={"limit": limit, "allowed": allowed},
        allowed=f"{allowed:,}",
    )
