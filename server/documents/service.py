"""Use cases of the operator: register documents for an application of a city, and list what is registered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from server.documents.models import TrustedDocument
from server.documents.rules import MAX_BYTES, MAX_DOCUMENTS, MAX_PER_CLIENT, bare_digest, digest_of, encoded
from server.documents.trusted import CHANGES
from server.errors import Invalid
from server.events.record import next_number, record
from tenants.authz import authorize
from tenants.clients import UNREGISTERED, Client, client_of
from tenants.clock import now
from tenants.context import Actor
from tenants.errors import AppError
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database, WriteSession

# What is wrong with a document's text for a client, in GraphQL's own words; None when nothing is.
Check = Callable[[str, Client], str | None]


@dataclass(frozen=True, slots=True)
class Given:
    """A document as an application's build lists it. id: the digest, ``sha256:`` before it or not."""

    id: str
    body: str


@dataclass(frozen=True, slots=True)
class Registered:
    """What was done; ``known`` documents had been registered before."""

    tenant_id: UUID
    registered: int
    known: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A registered document without its text. size: characters."""

    client: str
    digest: str
    size: int
    registered_at: datetime
    registered_by: str


class DocumentsInvalid(Invalid):
    """None of the documents was registered. ``faults`` lists everything wrong, in the order of the documents."""

    default_code = "DOCUMENTS_INVALID"

    def __init__(self, faults: Sequence[AppError]) -> None:
        super().__init__("{count} of the documents cannot be registered.", count=len(faults))
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"{'/'.join(fault.field)}: {fault}" for fault in self.faults)])


async def register(
    operator: Database,
    documents: Sequence[Given],
    *,
    tenant: str,
    client: str,
    check: Check,
    actor: Actor,
) -> Registered:
    """Let the application ``client`` of the city ``tenant`` (slug) send these documents; all of them or none.

    A second time it writes nothing. Errors: NotPermitted, NotFound for the city, Invalid CLIENT_UNKNOWN,
    TOO_MANY_DOCUMENTS, REQUEST_TOO_LARGE; DocumentsInvalid.
    """
    authorize(actor, Permission.TENANT_APPLY)
    city, application = await _application(operator, tenant, client)
    _refuse_too_much(documents)
    faults: list[AppError] = []
    for index, document in enumerate(documents):
        faults.extend(_faults(document, application, check, ("documents", str(index))))
        await asyncio.sleep(0)  # validating takes milliseconds each; others have their turn in between
    if faults:
        raise DocumentsInvalid(faults)
    bodies = {digest_of(document.body): document.body for document in documents}
    async with operator.write(city.id) as session:
        new = await _insert(session, city.id, application.code, bodies, actor)
        if new:
            await _refuse_full(session, city.id, application.code)
            await next_number(session, city.id, CHANGES)
            await record(
                session,
                type="DocumentsRegistered",
                subject_type="Tenant",
                subject_id=city.id,
                action=Permission.TENANT_APPLY.value,
                # The log is the city's own, so the operator stands in it as a guest.
                actor=replace(actor, tenant_id=city.id),
                detail={"client": application.code, "documents": new},
            )
    return Registered(city.id, new, len(bodies) - new)


async def list_documents(operator: Database, *, tenant: str, client: str | None, actor: Actor) -> tuple[Listed, ...]:
    """What is registered in a city, for one application or all; by application, the oldest first.

    Errors: NotPermitted, NotFound for the city.
    """
    authorize(actor, Permission.TENANT_APPLY)
    city = await Registry(operator).by_slug(tenant)
    statement = select(
        TrustedDocument.client,
        TrustedDocument.digest,
        func.length(TrustedDocument.body),
        TrustedDocument.registered_at,
        TrustedDocument.registered_by,
    ).where(TrustedDocument.tenant_id == city.id)
    if client is not None:
        statement = statement.where(TrustedDocument.client == client)
    async with operator.write(city.id) as session:
        rows = await session.execute(statement.order_by(TrustedDocument.client, TrustedDocument.id))
        return tuple(Listed(*row) for row in rows)


async def _application(operator: Database, tenant: str, code: str) -> tuple[TenantInfo, Client]:
    registry = Registry(operator)
    city = await registry.by_slug(tenant)
    found = client_of(await registry.clients(city.id), code)
    if found is UNREGISTERED:
        raise Invalid(
            "The manifest of {tenant} lists no client application {client}: add it and apply the manifest first.",
            code="CLIENT_UNKNOWN",
            field=("client",),
            tenant=tenant,
            client=code,
        )
    return city, found


def _refuse_too_much(documents: Sequence[Given]) -> None:
    if not 0 < len(documents) <= MAX_DOCUMENTS:
        raise Invalid(
            "Register between 1 and {most} documents at a time.",
            code="TOO_MANY_DOCUMENTS",
            field=("documents",),
            most=MAX_DOCUMENTS,
        )
    if sum(len(encoded(document.body)) for document in documents) > MAX_BYTES:
        raise Invalid(
            "Register at most {most} bytes of documents at a time.",
            code="REQUEST_TOO_LARGE",
            field=("documents",),
            most=MAX_BYTES,
        )


def _faults(document: Given, client: Client, check: Check, at: tuple[str, ...]) -> Iterator[AppError]:
    actual = digest_of(document.body)
    if bare_digest(document.id.removeprefix("sha256:")) != actual:
        yield Invalid(
            "The id is not the SHA-256 of the body, which is {actual}.",
            code="DOCUMENT_ID_WRONG",
            field=(*at, "id"),
            actual=actual,
        )
    wrong = "it holds a NUL character" if "\x00" in document.body else check(document.body, client)
    if wrong is not None:
        yield Invalid(
            "The document is not valid: {reason}",
            code="DOCUMENT_INVALID",
            field=(*at, "body"),
            reason=wrong,
        )


async def _insert(session: WriteSession, tenant_id: UUID, client: str, bodies: dict[str, str], actor: Actor) -> int:
    rows = [
        {
            "tenant_id": tenant_id,
            "id": uuid7(),
            "client": client,
            "digest": digest,
            "body": body,
            "registered_at": now(),
            "registered_by": actor.username or actor.kind.value,
        }
        for digest, body in bodies.items()
    ]
    key = (TrustedDocument.tenant_id, TrustedDocument.client, TrustedDocument.digest)
    statement = insert(TrustedDocument).values(rows).on_conflict_do_nothing(index_elements=key)
    return len((await session.scalars(statement.returning(TrustedDocument.digest))).all())


async def _refuse_full(session: WriteSession, tenant_id: UUID, client: str) -> None:
    registered = await session.scalar(
        select(func.count()).where(TrustedDocument.tenant_id == tenant_id, TrustedDocument.client == client),
    )
    if (registered or 0) > MAX_PER_CLIENT:
        raise Invalid(
            "An application has at most {most} documents: give its next version a code of its own.",
            code="TOO_MANY_DOCUMENTS",
            field=("client",),
            most=MAX_PER_CLIENT,
        )
