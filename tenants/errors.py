"""Expected failures, each with a stable code; everything else is a bug and is masked from clients.

``message`` is an English template filled from ``params``; it is also the key under which translations are kept,
so a message never holds a value of its own.
"""

from __future__ import annotations

from typing import ClassVar


class AppError(Exception):
    """A failure the caller can do something about.

    code: SCREAMING_SNAKE word, part of the public contract, never reused for another meaning.
    field: path of the faulty input, outermost first, in the API's camelCase; empty when no single field is at fault.
    """

    default_code: ClassVar[str] = "INVALID"

    def __init__(
        self, message: str, /, *, code: str | None = None, field: tuple[str, ...] = (), **params: object
    ) -> None:
        super().__init__(message.format(**params) if params else message)
        self.template = message
        self.params = params
        self.code = code or self.default_code
        self.field = field


class Invalid(AppError):
    """The request contradicts a rule of the city or of the platform; nothing was changed."""

    default_code = "INVALID"


class NotFound(AppError):
    """No such thing, or not for this actor: from outside the two look the same."""

    default_code = "NOT_FOUND"


class NotPermitted(AppError):
    """The thing is visible to the actor, but the actor's roles do not allow the action on it."""

    default_code = "FORBIDDEN"


class Unauthenticated(AppError):
    """No credential, or one that is wrong, expired or revoked; the answer never says which."""

    default_code = "UNAUTHENTICATED"


class Conflict(AppError):
    """Somebody else was faster, or the version the caller saw is no longer the current one."""

    default_code = "CONFLICT"


class TooSlow(AppError):
    """The database was not done in time; the statement was stopped and nothing was changed."""

    default_code = "QUERY_TIMEOUT"
