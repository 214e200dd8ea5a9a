"""Use case of the operator: take documents back that an application of a city may send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import delete

from server.documents.models import TrustedDocument
from server.documents.rules import MAX_DOCUMENTS, bare_digest
from server.documents.trusted import CHANGES
from server.errors import Invalid
from server.events.record import next_number, record
from tenants.authz import authorize
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.registry import Registry
from tenants.sessions import Database


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was done; ``unknown`` documents were not registered."""

    tenant_id: UUID
    withdrawn: int
    unknown: int


async def withdraw(operator: Database, ids: Sequence[str], *, tenant: str, client: str, actor: Actor) -> Withdrawn:
    """Let the application ``client`` of the city ``tenant`` (slug) send these documents no longer.

    ids: digests, ``sha256:`` before them or not. A second time it writes nothing. The manifest need not list the
    application any more. Errors: NotPermitted, NotFound for the city, Invalid TOO_MANY_DOCUMENTS, DOCUMENT_ID_WRONG.
    """
    authorize(actor, Permission.TENANT_APPLY)
    city = await Registry(operator).by_slug(tenant)
    if not 0 < len(ids) <= MAX_DOCUMENTS:
        raise Invalid(
            "Withdraw between 1 and {most} documents at a time.",
            code="TOO_MANY_DOCUMENTS",
            field=("ids",),
            most=MAX_DOCUMENTS,
        )
    digests = set(_digests(ids))
    statement = delete(TrustedDocument).where(
        TrustedDocument.tenant_id == city.id,
        TrustedDocument.client == client,
        TrustedDocument.digest.in_(digests),
    )
    async with operator.write(city.id) as session:
        gone = len((await session.scalars(statement.returning(TrustedDocument.digest))).all())
        if gone:
            await next_number(session, city.id, CHANGES)
            await record(
                session,
                type="DocumentsWithdrawn",
                subject_type="Tenant",
                subject_id=city.id,
                action=Permission.TENANT_APPLY.value,
                # The log is the city's own, so the operator stands in it as a guest.
                actor=replace(actor, tenant_id=city.id),
                detail={"client": client, "documents": gone},
            )
    return Withdrawn(city.id, gone, len(digests) - gone)


def _digests(ids: Sequence[str]) -> Iterator[str]:
    for index, given in enumerate(ids):
        digest = bare_digest(given.removeprefix("sha256:"))
        if digest is None:
            raise Invalid(
                "A document's id is its SHA-256: 64 hexadecimal digits, with or without sha256: before them.",
                code="DOCUMENT_ID_WRONG",
                field=("ids", str(index)),
            )
        yield digest
