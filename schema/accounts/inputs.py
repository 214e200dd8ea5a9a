"""Filters and orders of sessions and invitations."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.planner.conditions import equals, holds_for
from schema.planner.declare import where
from server.accounts import columns
from server.accounts.rules import AccountStatus, SignInMethod

strawberry.enum(SignInMethod, description="How a session was begun.")
strawberry.enum(AccountStatus, description="Whether an account may sign in.")


@strawberry.enum(description="Orders of sessions.")
class SignInSessionOrder(Enum):
    """What sessions can be ordered by."""

    CREATED_DESC = "CREATED_DESC"
    CREATED_ASC = "CREATED_ASC"


@strawberry.enum(description="Orders of invitations.")
class InvitationOrder(Enum):
    """What invitations can be ordered by."""

    CREATED_DESC = "CREATED_DESC"
    CREATED_ASC = "CREATED_ASC"


@strawberry.input(description="Which invitations.")
class InvitationFilter:
    """Conditions on invitations."""

    member_id: strawberry.ID | None = where("Of this member.", equals("member_id"), prefix="member")
    open: bool | None = where(
        "true: it can still be accepted; false: it was accepted or revoked, or its time is over.",
        flag=holds_for(columns.is_open),
    )
