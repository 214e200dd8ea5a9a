"""Faults of requests that we tell in our own words, in the client's language."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from graphql import GraphQLError, Node


class RequestFault(GraphQLError):
    """A fault of a request, which the caller can do something about.

    template: the English message, filled from ``params``; it is the key of its translations, so it never holds a value
    of its own. code: SCREAMING_SNAKE word of the public contract. told: more for programs, in ``extensions``.

    A fault may be remembered and told to many: it is put into a language when it is answered (``schema.messages``).
    """

    default_code: ClassVar[str] = "BAD_USER_INPUT"

    def __init__(
        self,
        template: str,
        /,
        *,
        code: str | None = None,
        nodes: Collection[Node] | Node | None = None,
        told: Mapping[str, object] = {},
        **params: object,
    ) -> None:
        extensions = {"code": code or self.default_code, **told}
        super().__init__(template.format(**params) if params else template, nodes, extensions=extensions)
        self.template = template
        self.params = params


def our_fault() -> RequestFault:
    """What is told of a bug, and nothing more."""
    return RequestFault("Something went wrong on our side; tell us the request id.", code="INTERNAL_SERVER_ERROR")
