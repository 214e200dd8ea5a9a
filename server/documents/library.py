"""Everything a web process needs to turn what a client sent into the text of a document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from server.documents.persisted import PersistedQueries
from server.documents.trusted import TrustedDocuments
from server.settings import Settings, require
from tenants.sessions import Database

Rule = Literal["any", "trusted"]


@dataclass(frozen=True, slots=True)
class Library:
    """The two collections of documents, and the platform's rules about them.

    rule: which documents an unregistered application may send. production: strangers may not ask the schema about
    itself, and no explorer is served.
    """

    trusted: TrustedDocuments
    persisted: PersistedQueries
    rule: Rule = "any"
    production: bool = False


@asynccontextmanager
async def opened(settings: Settings, database: Database) -> AsyncIterator[Library]:
    """The library of a process; its connections are closed when the block ends."""
    persisted = PersistedQueries(require(settings.redis_url, "REDIS_URL", "persisted queries are kept there"))
    production = settings.environment == "production"
    try:
        yield Library(
            trusted=TrustedDocuments(database),
            persisted=persisted,
            rule=settings.documents or ("trusted" if production else "any"),
            production=production,
        )
    finally:
        await persisted.close()
