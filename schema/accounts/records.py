"""Sessions and invitations in the graph."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.accounts.inputs import InvitationOrder, SignInSessionOrder
from schema.connections import Connection, Node
from schema.planner.declare import column, entity, newest_first, oldest_first, to_one
from server.accounts import columns, models, visibility
from server.accounts.rules import SignInMethod

if TYPE_CHECKING:
    from schema.members.types import Member


@entity(
    models.SignInSession,
    prefix="session",
    visible=visibility.own_sessions,
    orders={
        SignInSessionOrder.CREATED_DESC: newest_first("created_at"),
        SignInSessionOrder.CREATED_ASC: oldest_first("created_at"),
    },
)
class SignInSession(Node):
    """A device that is signed in to the viewer's own account."""

    device: str | None = column("What the program said it is, shortened; null when it said nothing.")
    method: SignInMethod = column("How it was begun.")
    created_at: datetime = column("When it was begun.")
    last_used_at: datetime | None = column("When it last got new credentials; null for one from before this was noted.")
    expires_at: datetime = column("When it ends by itself.")
    current: bool = column("Whether it is the one that asks.", expression=columns.is_current)


@entity(
    models.Invitation,
    prefix="invitation",
    visible=visibility.invitations,
    orders={
        InvitationOrder.CREATED_DESC: newest_first("created_at"),
        InvitationOrder.CREATED_ASC: oldest_first("created_at"),
    },
)
class Invitation(Node):
    """A member may open an account; the token that does it was shown once."""

    username: str | None = column("The account's name, if whoever invited has chosen it.")
    created_at: datetime = column("When it was given.")
    expires_at: datetime = column("Until when it can be accepted.")
    accepted_at: datetime | None = column("When the account was opened.")
    revoked_at: datetime | None = column("When it was taken back.")
    open: bool = column("Whether it can still be accepted.", expression=columns.is_open)
    member: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who is invited, if the viewer may see that member.", by="member_id"
    )


@strawberry.type(description="A page of sessions in a stable order.")
class SignInSessionConnection(Connection[SignInSession]):
    """Sessions."""


@strawberry.type(description="A page of invitations in a stable order.")
class InvitationConnection(Connection[Invitation]):
    """Invitations."""
