"""What one GraphQL operation knows: who asks, in which language, and the services it may call."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strawberry.types import Info

from tenants.context import Actor
from tenants.errors import Unauthenticated
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession

if TYPE_CHECKING:
    from schema.planner.reads import Reads
    from server.accounts.service import Accounts
    from server.accounts.tokens import Claims
    from server.pubsub import PubSub
    from server.transactions import Transactions
    from tenants.keys import Keyring


@dataclass(frozen=True, slots=True)
class Services:
    """What a web process has, one of each."""

    database: Database
    registry: Registry
    reads: Reads
    transactions: Transactions
    accounts: Accounts
    keyring: Keyring
    pubsub: PubSub
    operator: Database | None = None


@dataclass(slots=True)
class Context:
    """One operation, or a connection's operations (``lasting``: then each root field has the whole allowance of nodes).

    ``actor`` is None for callers who have not signed in; ``purpose`` is why sensitive data is read.
    """

    services: Services
    actor: Actor | None
    request_id: str
    language: str = "en"
    purpose: str | None = None
    claims: Claims | None = None
    nodes_left: int = 10_000
    lasting: bool = False

    def require_actor(self) -> Actor:
        """The signed-in actor; Unauthenticated when nobody is."""
        if self.actor is None:
            raise Unauthenticated("Sign in first: send 'Authorization: Bearer <access token>'.")
        return self.actor

    def write(self) -> AbstractAsyncContextManager[WriteSession]:
        """One transaction in the actor's city; commits when the block ends, rolls back when it raises."""
        return self.services.transactions.open(self.require_actor())


CivicInfo = Info[Context, None]
