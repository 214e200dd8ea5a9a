"""How a mutation is written: one input, one payload, expected failures as data.

    @mutation("Take a dispatched case from the pool.", permission=Permission.CASE_CLAIM)
    async def claim_case(info: CivicInfo, input: ClaimCaseInput) -> CasePayload:
        actor = info.context.require_actor()
        async with info.context.write() as session:      # one transaction, committed when the block ends
            case_id = await service.claim(session, ..., actor=actor)
        return CasePayload(case_id=case_id)

Whatever the use case raises as AppError becomes ``userErrors``; nothing was changed then. Payloads have a default for
every attribute, so that they can be made of errors alone. A use case that has begun is carried out even when its caller
leaves: a client that lost its connection can then ask what became of it, and finds all or nothing.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar, get_type_hints

import strawberry
from strawberry.utils.str_converters import to_camel_case

from schema.context import CivicInfo
from schema.messages import message_of
from schema.planner.prices import listed
from schema.refusing import note_mutation
from tenants.authz import authorize
from tenants.errors import AppError, Invalid, NotFound, NotPermitted, Unauthenticated
from tenants.permissions import Permission


@strawberry.type(description="Why a mutation changed nothing.")
class UserError:
    """An expected failure."""

    code: str = strawberry.field(description="Stable word for programs, for example CASE_ALREADY_CLAIMED.")
    field: list[str] = strawberry.field(description="Path of the input at fault, outermost first; empty if none is.")
    message: str = strawberry.field(description="For people, in the language asked for: what is wrong and what to do.")


class Payload(Protocol):
    """Every mutation's payload."""

    user_errors: list[UserError]


def user_errors(at_most: int = 1) -> Any:
    """The field every payload has; a use case stops at its first failure."""
    return strawberry.field(
        default_factory=list,
        description="Why nothing was changed; empty on success.",
        metadata=listed(at_most),
    )


P = TypeVar("P", bound=Payload)
MUTATION = "mutation"
OPEN = "open to callers who have not signed in"
_UNDER_WAY: set[asyncio.Task[Any]] = set()  # the event loop keeps no task alive by itself


def mutation(
    description: str,
    *,
    permission: Permission | None,
    anyone: str | None = None,
) -> Callable[[Callable[..., Coroutine[Any, Any, P]]], Any]:
    """Declare a mutation. ``permission`` is asked before anything else; the use case still asks for the place.

    permission None needs a reason in ``anyone``: why no role is asked for (signing in, signing out).
    """
    if (permission is None) == (anyone is None):
        message = "a mutation names its permission, or says why anyone may call it"
        raise TypeError(message)

    def declare(function: Callable[..., Coroutine[Any, Any, P]]) -> Any:
        payload: type[P] = get_type_hints(function)["return"]

        @functools.wraps(function)
        async def guarded(info: CivicInfo, input: Any) -> P:  # noqa: A002 - GraphQL's own word
            try:
                if permission is not None:
                    authorize(info.context.require_actor(), permission)
                refuse_unstorable(input)
                return await _to_its_end(function(info, input))
            except AppError as error:
                if permission is not None and isinstance(error, Unauthenticated):
                    raise
                if isinstance(error, NotPermitted | NotFound):
                    await note_mutation(info.context, error, permission, input)
                return payload(user_errors=[as_data(error, info.context.language)])  # type: ignore[call-arg]  # every payload takes it

        metadata = {MUTATION: permission or OPEN}
        return strawberry.mutation(resolver=guarded, description=description, metadata=metadata)

    return declare


async def _to_its_end(work: Coroutine[Any, Any, P]) -> P:
    """The result of a use case, which goes on when the caller is cancelled."""
    task = asyncio.create_task(work)
    _UNDER_WAY.add(task)
    task.add_done_callback(_UNDER_WAY.discard)
    return await asyncio.shield(task)


def refuse_unstorable(value: Any, *path: str) -> None:
    """Raise Invalid when any text of an input holds what the database cannot store."""
    if isinstance(value, str):
        if "\x00" in value or not _is_unicode(value):
            raise Invalid(
                "Text may not contain NUL characters or unpaired surrogates.",
                code="TEXT_NOT_STORABLE",
                field=path,
            )
    elif isinstance(value, list):
        for item in value:
            refuse_unstorable(item, *path)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            refuse_unstorable(getattr(value, field.name), *path, to_camel_case(field.name))


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def as_data(error: AppError, language: str) -> UserError:
    """An expected failure as clients see it."""
    return UserError(code=error.code, field=list(error.field), message=message_of(error, language))
