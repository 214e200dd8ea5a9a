"""What one GraphQL operation knows: who asks, in which language, and the services it may call."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from strawberry.types import Info

from tenants.clients import UNREGISTERED, Client
from tenants.context import Actor
from tenants.errors import Unauthenticated
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession

if TYPE_CHECKING:
    from schema.documents.memory import Checked
    from schema.planner.reads import Reads
    from server.accounts.service.front import Accounts
    from server.accounts.tokens import Claims
    from server.applications.actors import Applications
    from server.applications.tokens import Shown
    from server.audit.service.refusals import Refusals
    from server.documents.library import Library
    from server.files.service import Files
    from server.identity_providers.service.front import IdentityProviders
    from server.persons.service.front import Persons
    from server.phones.service.front import Phones
    from server.pubsub import PubSub
    from server.throttle.service import Throttle
    from server.transactions import Transactions
    from tenants.keys import Keyring
    from tenants.positions import Positions


@dataclass(frozen=True, slots=True)
class Services:
    """What a web process has, one of each."""

    database: Database
    registry: Registry
    reads: Reads
    transactions: Transactions
    accounts: Accounts
    phones: Phones
    persons: Persons
    applications: Applications
    identity_providers: IdentityProviders
    keyring: Keyring
    positions: Positions
    pubsub: PubSub
    library: Library
    throttle: Throttle
    files: Files
    refusals: Refusals
    operator: Database | None = None


@dataclass(slots=True)
class Context:
    """One operation.

    actor: None for callers who have not signed in. claims: what it was made of, for a stream to ask again. purpose: why
    sensitive data is read. client: the registered program
    that asks; peer: the address of a caller whom nothing else tells apart. tenant_hint: the city a caller named who has
    not signed in. checked: the document being executed. user_agent: what the caller's program says of itself.
    """

    services: Services
    actor: Actor | None
    request_id: str
    language: str = "en"
    purpose: str | None = None
    claims: Claims | Shown | None = None
    client: Client = UNREGISTERED
    peer: str = ""
    tenant_hint: UUID | None = None
    checked: Checked | None = None
    user_agent: str = ""

    def require_actor(self) -> Actor:
        """The signed-in actor; Unauthenticated when nobody is."""
        if self.actor is None:
            raise Unauthenticated("Sign in first: send 'Authorization: Bearer <access token>'.")
        return self.actor

    def require_checked(self) -> Checked:
        """The document being executed; every operation is admitted with one (``schema.operations``)."""
        if self.checked is None:
            message = "an operation is executed only after it was admitted"
            raise RuntimeError(message)
        return self.checked

    def write(self) -> AbstractAsyncContextManager[WriteSession]:
        """One transaction in the actor's city; commits when the block ends, rolls back when it raises."""
        return self.services.transactions.open(self.require_actor())


CivicInfo = Info[Context, None]
