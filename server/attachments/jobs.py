"""What the worker does about files: those that never came, that nobody attached, and those of removed messages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from sqlalchemy import select

from server.attachments.models import Attachment
from server.attachments.rules import State, kept_until
from server.attachments.service.announcing import GRACE, SUBJECT, TIDY
from server.events.models import DueWork
from server.events.record import record
from server.files.links import Variant
from server.files.store import Store, key_of
from server.jobs.work import Handler
from tenants.clock import now
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.registry import Registry
from tenants.sessions import WriteSession


async def tidy(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry, store: Store) -> None:  # noqa: ARG001 - the form of every handler
    """Remove a file and its row when nothing has become of it; look again later while something still may.

    The file goes first: what dies in between finds the row again, and removing a file twice is no fault.
    """
    work = (
        await session.scalars(select(DueWork).where(DueWork.tenant_id == actor.tenant_id, DueWork.id == work_id))
    ).one()
    row = await session.scalar(
        select(Attachment)
        .where(Attachment.tenant_id == actor.tenant_id, Attachment.id == work.subject_id)
        .with_for_update(),
    )
    if row is None:
        await _remove_files(store, work.subject_id, actor=actor)
        return
    until = kept_until(
        State(row.state),
        attached=row.case_id is not None,
        created_at=row.created_at,
        expires_at=row.expires_at,
        storing_until=row.storing_until,
    )
    if until is None:
        return
    if now() < until:
        work.due_at = until + GRACE
        return
    await _remove_files(store, row.id, actor=actor)
    await session.delete(row)
    await session.flush()
    await record(
        session,
        type="AttachmentRemoved",
        subject_type=SUBJECT,
        subject_id=row.id,
        action=Permission.CASE_READ,
        actor=actor,
        detail={"state": row.state},
    )


async def _remove_files(store: Store, attachment_id: UUID, *, actor: Actor) -> None:
    for variant in Variant:
        await store.remove(key_of(actor.tenant_id, attachment_id, variant))


def handlers(store: Store) -> Mapping[str, Handler]:
    """The handlers of this area's due work over a store."""
    return {TIDY: partial(tidy, store=store)}
