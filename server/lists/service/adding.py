"""Adding an item once, however often the same is sent under one key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from server.cases.service.texts import KEY_LENGTH, optional_text
from server.errors import Conflict
from server.lists.rules import digest_of
from server.lists.service.access import Item
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class Once:
    """What tells a retry from something new. key: None when the caller gave none."""

    key: str | None
    digest: str


def once(idempotency_key: str | None, *values: object) -> Once:
    """The mark of an addition with these values. Raises TEXT_TOO_LONG, TEXT_INVALID for the key."""
    return Once(optional_text(idempotency_key, field="idempotencyKey", most=KEY_LENGTH), digest_of(*values))


async def added_before(session: WriteSession, model: type[Item], mark: Once, *, actor: Actor) -> UUID | None:
    """The item this account added with the same key; None if there is none.

    Raises Conflict IDEMPOTENCY_KEY_REUSED for another item under the key.
    """
    if mark.key is None or actor.account_id is None:
        return None
    found = (
        await session.execute(
            select(model.id, model.idempotency_digest).where(
                model.tenant_id == actor.tenant_id,
                model.account_id == actor.account_id,
                model.idempotency_key == mark.key,
            ),
        )
    ).one_or_none()
    if found is None:
        return None
    if found.idempotency_digest != mark.digest:
        raise Conflict(
            "This idempotency key was used for another item. Use a new key for a new item.",
            code="IDEMPOTENCY_KEY_REUSED",
            field=("idempotencyKey",),
        )
    item_id: UUID = found.id
    return item_id


async def add(
    session: WriteSession, model: type[Item], mark: Once, *, at: datetime, actor: Actor, **values: Any
) -> tuple[UUID, bool]:
    """Write the row of an item: its id, and whether it is new; of two under one key at once, one is.

    Raises Conflict as ``added_before``.
    """
    statement = insert(model).values(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        version=1,
        added_by_id=actor.member_id,
        added_at=at,
        account_id=actor.account_id,
        idempotency_key=mark.key,
        idempotency_digest=mark.digest if mark.key else None,
        **values,
    )
    item_id: UUID | None = await session.scalar(
        statement.on_conflict_do_nothing(
            index_elements=[model.tenant_id, model.account_id, model.idempotency_key],
        ).returning(model.id),
    )
    if item_id is not None:
        return item_id, True
    known = await added_before(session, model, mark, actor=actor)
    if known is None:
        raise Conflict("Somebody was faster. Try again.")
    return known, False
