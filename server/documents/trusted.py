"""Registered documents by digest, as requests ask for them.

Texts never change, so they are kept for as long as there is room. What is registered is told from the list of an
application's digests, which is read again when the number of changes to the city's register has grown. That number is
asked for at most once a second: however many unknown digests a stranger sends, the database is asked no oftener, and a
document counts everywhere a second after it was registered, and nowhere a second after it was withdrawn.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from server.documents.models import TrustedDocument
from server.documents.shelf import Shelf
from tenants.models import TenantCounter
from tenants.sessions import Database

FRESH_SECONDS = 1.0
KEPT_CHARACTERS = 8_000_000
KEPT_APPLICATIONS = 256
CHANGES = "documents"  # the city's counter of changes to its register

Application = tuple[UUID, str]


@dataclass(slots=True)
class _Digests:
    """The digests of one application after ``changes``, as it was at ``read_at`` (monotonic seconds)."""

    known: frozenset[bytes] = frozenset()
    changes: int = -1
    read_at: float = float("-inf")
    asked: asyncio.Lock = field(default_factory=asyncio.Lock)


class TrustedDocuments:
    """What one process knows of the registered documents."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._texts: Shelf[tuple[UUID, str, str]] = Shelf(KEPT_CHARACTERS)
        self._digests: OrderedDict[Application, _Digests] = OrderedDict()

    async def text(self, tenant_id: UUID, client: str, digest: str) -> str | None:
        """The document of a digest (64 hex) that is registered for the application, or None."""
        if not await self._is_registered((tenant_id, client), bytes.fromhex(digest)):
            return None
        key = (tenant_id, client, digest)
        text = self._texts.get(key)
        if text is None:
            text = await self._read(tenant_id, client, digest)
            if text is not None:
                self._texts.put(key, text)
        return text

    def forget(self) -> None:
        """Read the lists of digests again at the next question (after a change in this process)."""
        self._digests.clear()

    async def _is_registered(self, application: Application, digest: bytes) -> bool:
        digests = self._digests.setdefault(application, _Digests())
        self._digests.move_to_end(application)
        while len(self._digests) > KEPT_APPLICATIONS:
            self._digests.popitem(last=False)
        if time.monotonic() - digests.read_at >= FRESH_SECONDS:
            async with digests.asked:
                await self._refresh(application, digests)
        return digest in digests.known

    async def _refresh(self, application: Application, digests: _Digests) -> None:
        started = time.monotonic()
        if started - digests.read_at < FRESH_SECONDS:
            return
        changes = await self._changes(application[0])
        if changes != digests.changes:
            digests.known = await self._list(*application)
            digests.changes = changes
        digests.read_at = started

    async def _changes(self, tenant_id: UUID) -> int:
        statement = select(TenantCounter.last).where(
            TenantCounter.tenant_id == tenant_id,
            TenantCounter.name == CHANGES,
        )
        async with self._database.lookup(tenant_id) as session:
            return await session.scalar(statement) or 0

    async def _list(self, tenant_id: UUID, client: str) -> frozenset[bytes]:
        statement = select(TrustedDocument.digest).where(
            TrustedDocument.tenant_id == tenant_id,
            TrustedDocument.client == client,
        )
        async with self._database.lookup(tenant_id) as session:
            return frozenset(bytes.fromhex(digest) for digest in await session.scalars(statement))

    async def _read(self, tenant_id: UUID, client: str, digest: str) -> str | None:
        async with self._database.lookup(tenant_id) as session:
            return await session.scalar(
                select(TrustedDocument.body).where(
                    TrustedDocument.tenant_id == tenant_id,
                    TrustedDocument.client == client,
                    TrustedDocument.digest == digest,
                ),
            )
