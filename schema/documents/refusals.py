"""What a client is told about a limit it has passed, and how to stay within it."""

from __future__ import annotations

from graphql import GraphQLError

from schema.documents.limits import Limits
from schema.documents.measures import Measures


def beyond(measures: Measures, limits: Limits) -> GraphQLError | None:
    """The error for a document above a limit, the first in the order of ``Limits``; None when it is within all."""
    for name, advice in _ADVICE.items():
        found, allowed = getattr(measures, name), getattr(limits, name)
        if found > allowed:
            return too_complex(name, allowed, advice)
    return None


def over_tokens(limits: Limits) -> GraphQLError:
    """The error for a text of so many tokens that it was not read to its end."""
    return too_complex("tokens", limits.tokens, _ADVICE["tokens"])


def too_complex(limit: str, allowed: int, advice: str) -> GraphQLError:
    """Code QUERY_TOO_COMPLEX; the message names the limit, the extensions have its name and number for programs."""
    return GraphQLError(
        advice.format(allowed=f"{allowed:,}"),
        extensions={"code": "QUERY_TOO_COMPLEX", "limit": limit, "allowed": allowed},
    )


_ADVICE = {
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
}
