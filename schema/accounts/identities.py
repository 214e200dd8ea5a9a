"""Who at an identity provider signs in to the viewer's account."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from schema.connections import Connection, Node
from schema.planner.declare import column, entity, newest_first
from server.identity_providers import models, visibility


@strawberry.enum(description="Orders of linked identities.")
class LinkedIdentityOrder(Enum):
    """What linked identities can be ordered by."""

    LINKED_DESC = "LINKED_DESC"


@entity(
    models.LinkedIdentity,
    prefix="identity",
    visible=visibility.own_identities,
    orders={LinkedIdentityOrder.LINKED_DESC: newest_first("linked_at")},
)
class LinkedIdentity(Node):
    """Somebody at an identity provider who signs in to the viewer's own account."""

    issuer: str = column("The provider.")
    subject: str = column("What the provider calls this person; it stays the same there.")
    linked_at: datetime = column("When it was linked.")


@strawberry.type(description="A page of linked identities in a stable order.")
class LinkedIdentityConnection(Connection[LinkedIdentity]):
    """Linked identities."""
