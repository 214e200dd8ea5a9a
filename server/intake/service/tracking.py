"""Following a case by its code: for whoever reported it without a name, or by a channel (AQ-02, P-03).

The code is the credential. It is shown once; the database holds its digest under a key of the platform, so that neither
a copy of the database nor its logs lead to a case. A wrong code and an unknown one cost the same statement and have the
same answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, Text, and_, case, func, literal_column, null, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.selectable import FromClause
from sqlalchemy.types import TypeEngine

from server.cases.models import Case, CaseEvent
from server.cases.participation import Thread
from server.cases.service.closing import rate_case
from server.cases.service.policy import CasePolicy
from server.cases.service.reporting import Beside
from server.cases.service.texts import optional_text
from server.cases.states import Rating
from server.cases.telling import SAID, SHOWN, is_one_of
from server.errors import NotFound
from server.intake.models import TrackingCode
from server.intake.rules import ENTROPY, Code, code_of, read_code
from server.threads.models import CaseMessage
from server.threads.rules import Draft
from server.threads.service import post_message
from tenants.context import Actor, anonymous_actor
from tenants.db import rows_of
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.permissions import Permission
from tenants.registry import Registry
from tenants.sessions import WriteSession
from tenants.viewer import Viewer

NO_CITY = UUID(int=0)
MOST_MESSAGES = 100
_PURPOSE = "tracking-code"


def new_code(slug: str) -> str:
    """A tracking code of a city, from the system's random source."""
    return code_of(slug, secrets.token_bytes(ENTROPY))


def derived_code(slug: str, case_id: UUID, *, keyring: Keyring) -> str:
    """The tracking code of a case that must be told again: the same each time, and known to nobody without the key."""
    return code_of(slug, keyring.fingerprint("derived-tracking-code", case_id.bytes))


def keep_code(code: str, *, keyring: Keyring, tenant_id: UUID) -> Beside:
    """Writes the digest of a new case's code."""

    async def write(session: WriteSession, case_id: UUID) -> None:
        digest = digest_of(read_code(code), keyring)
        session.add(TrackingCode(tenant_id=tenant_id, id=uuid7(), case_id=case_id, digest=digest))
        await session.flush()

    return write


def digest_of(code: Code, keyring: Keyring) -> bytes:
    """What is kept of a code."""
    return keyring.fingerprint(_PURPOSE, code.text.encode("utf-8", "replace"))


async def city_of(code: Code, registry: Registry) -> UUID:
    """The city that a code names; an id of no city for any other text, so that looking there finds nothing."""
    try:
        return (await registry.by_slug(code.slug)).id
    except NotFound:
        return NO_CITY


async def holder_of(session: WriteSession, code: Code, *, tenant_id: UUID, keyring: Keyring, request_id: str) -> Actor:
    """Whoever holds the code of a case: somebody who may do what its reporter may, with this case alone.

    Raises NotFound for a code of no case.
    """
    case_id = await session.scalar(
        select(TrackingCode.case_id).where(
            TrackingCode.tenant_id == tenant_id,
            TrackingCode.digest == digest_of(code, keyring),
        ),
    )
    if case_id is None:
        raise NotFound("No case has this tracking code.", field=("code",))
    return anonymous_actor(tenant_id, Permission.CASE_RATE, Permission.CASE_READ, tracks=case_id, request_id=request_id)


async def rate_by_code(
    session: WriteSession,
    *,
    rating: Rating,
    comment: str | None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """The verdict of whoever holds the code (``holder_of``), once (T21). Errors as of ``rate_case``."""
    version = await session.scalar(
        select(Case.version).where(Case.tenant_id == actor.tenant_id, Case.id == actor.tracks).with_for_update(),
    )
    return await rate_case(
        session,
        case_id=actor.tracks or NO_CITY,
        expected_version=version or 0,
        rating=rating,
        comment=comment,
        policy=policy,
        actor=actor,
    )


async def say_by_code(session: WriteSession, *, text: str, actor: Actor) -> UUID:
    """What whoever holds the code (``holder_of``) has to add, in the private thread. Errors as of ``post_message``."""
    draft = Draft(case_id=actor.tracks or NO_CITY, thread=Thread.PRIVATE, text=optional_text(text, field="text"))
    return await post_message(session, draft=draft, idempotency_key=None, actor=actor)


TRACKED_BY: Mapping[str, TypeEngine[Any]] = {"digest": LargeBinary()}


def tracked(viewer: Viewer, asked: Mapping[str, BindParameter[Any]]) -> ColumnElement[Any]:
    """What the holder of a code is told of its case, as one JSON object; null for a digest of no case.

    The code is what lets one see it, so nothing else is asked of the viewer.
    """
    code, found = rows_of(TrackingCode, "code"), rows_of(Case, "found")
    told = func.json_build_object(
        *_pairs(found, "number", "category", "track", "status", "reported_at", "due_at", "resolved_at"),
        *_pairs(found, "result", "rating"),
        _text("steps"),
        _steps(found, viewer),
        _text("messages"),
        _messages(found, viewer),
    )
    return (
        select(told)
        .select_from(found.join(code, and_(code.c.tenant_id == viewer.tenant, code.c.case_id == found.c.id)))
        .where(found.c.tenant_id == viewer.tenant, code.c.digest == asked["digest"])
        .scalar_subquery()
    )


def _steps(found: FromClause, viewer: Viewer) -> ColumnElement[Any]:
    event = rows_of(CaseEvent, "step")
    said = case((is_one_of(event, SAID), event.c.note), else_=null())
    step = func.json_build_object(*_pairs(event, "kind", "to_status", "at"), _text("said"), said)
    listed = func.json_agg(aggregate_order_by(step, event.c.version))
    return (
        select(func.coalesce(listed, literal_column("'[]'::json")))
        .where(
            event.c.tenant_id == viewer.tenant,
            event.c.case_id == found.c.id,
            is_one_of(event, SHOWN),
        )
        .correlate(found)
        .scalar_subquery()
    )


def _messages(found: FromClause, viewer: Viewer) -> ColumnElement[Any]:
    """What was said between the reporter and whoever has the case, the newest MOST_MESSAGES, oldest first."""
    message = rows_of(CaseMessage, "message")
    newest = (
        select(message.c.id, message.c.at, message.c.from_reporter, message.c.text)
        .where(
            message.c.tenant_id == viewer.tenant,
            message.c.case_id == found.c.id,
            message.c.thread == _text(Thread.PRIVATE),
        )
        .order_by(message.c.at.desc(), message.c.id.desc())
        .limit(literal_column(str(MOST_MESSAGES)))
        .correlate(found)
        .subquery("newest")
    )
    told = func.json_build_object(*_pairs(newest, "from_reporter", "text", "at"))
    listed = func.json_agg(aggregate_order_by(told, newest.c.at, newest.c.id))
    return select(func.coalesce(listed, literal_column("'[]'::json"))).correlate(found).scalar_subquery()


def _pairs(row: FromClause, *names: str) -> list[ColumnElement[Any]]:
    return [part for name in names for part in (_text(name), row.c[name])]


def _text(word: str) -> ColumnElement[str]:
    return literal_column(f"'{word}'", Text())
