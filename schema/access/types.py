"""Explanations of access, previews of roles and operators' leaves in the graph."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from schema.access.inputs import SupportAccessOrder, SupportStatus
from schema.connections import Node
from schema.members.inputs import Scope
from schema.planner.declare import column, entity, newest_first
from schema.planner.prices import listed
from server.access.rules import Reason, RoleChange, Why
from server.access.service.explaining import Explanation
from server.access.visibility import support_accesses
from server.accounts.models import SupportAccess as SupportAccessRow
from tenants.ids import public_id

MOST_REASONS = 100
MOST_ROLES = 200
MOST_PERMISSIONS = 200
MOST_FAULTS = 100
MOST_SCOPES = 4

strawberry.enum(Why, name="AccessWhy", description="A reason for a decision, or against it.")


@entity(
    SupportAccessRow,
    prefix="support",
    visible=support_accesses,
    orders={SupportAccessOrder.REQUESTED_DESC: newest_first("requested_at")},
)
class SupportAccess(Node):
    """An operator of the platform who wants to look into the city, or was let in."""

    operator_name: str = column("The operator's user name on the platform.")
    reason: str = column("Why, in the operator's words.")
    hours: int = column("For how many hours from the approval on.")
    permissions: list[str] = column("What it opens, as area:verb; never health data or sealed matters.")
    status: SupportStatus = column("How it stands; APPROVED says nothing after endsAt.")
    requested_at: datetime = column("When it was asked for.")
    decided_at: datetime | None = column("When it was approved or refused.")
    decided_by: str | None = column("Who approved or refused it, by user name.")
    ends_at: datetime | None = column("When it ends by itself.")
    ended_at: datetime | None = column("When the city ended it early.")


@strawberry.type(description="One reason for a decision about access, or against it.")
class AccessReason:
    """A role, an appointment, or what is missing."""

    why: Why = strawberry.field(description="What it is.")
    role: str | None = strawberry.field(description="Slug of the role it is about; null if it is about none.")
    appointment_id: strawberry.ID | None = strawberry.field(
        description="The appointment that has the role; null for roles that need none."
    )
    scope: Scope | None = strawberry.field(description="How far the role reaches.")
    path: str | None = strawberry.field(description="Path of the organization whose subtree the role covers.")
    grid_id: strawberry.ID | None = strawberry.field(description="The grid the role covers.")
    ended_on: date | None = strawberry.field(description="Last day of a term that is over.")

    @classmethod
    def of(cls, reason: Reason) -> AccessReason:
        """As the use case found it."""
        return cls(
            why=reason.why,
            role=reason.role,
            appointment_id=_id("appointment", reason.appointment_id),
            scope=None if reason.scope is None else Scope(reason.scope),
            path=reason.path,
            grid_id=_id("grid", reason.grid_id),
            ended_on=reason.ended_on,
        )


@strawberry.type(description="Whether somebody may do something, and why.")
class AccessExplanation:
    """A decision with its reasons."""

    allowed: bool = strawberry.field(
        description="Whether the roles allow it. What a case allows by its status is not asked here."
    )
    permission: str = strawberry.field(description="What was asked about, as area:verb.")
    reasons: list[AccessReason] = strawberry.field(
        description="Why: first what gives it, then what is missing; at most 100.", metadata=listed(MOST_REASONS)
    )
    given_by: list[str] = strawberry.field(description="The city's roles that have the permission at all.")

    @classmethod
    def of(cls, found: Explanation) -> AccessExplanation:
        """As the use case found it."""
        return cls(
            allowed=found.allowed,
            permission=found.permission.value,
            reasons=[AccessReason.of(reason) for reason in found.reasons[:MOST_REASONS]],
            given_by=list(found.given_by),
        )


@strawberry.type(description="How many people hold a role in a scope.")
class RoleReach:
    """People by scope."""

    scope: Scope = strawberry.field(description="How far their role reaches.")
    people: int = strawberry.field(description="How many members hold it so now.")


@strawberry.type(description="What would become of a role.")
class RoleDifference:
    """Before and after."""

    role: str = strawberry.field(description="Slug of the role.")
    people: int = strawberry.field(description="How many members who serve hold it now.")
    reaches: list[RoleReach] = strawberry.field(
        description="Where they hold it; what appears and vanishes does so there.", metadata=listed(MOST_SCOPES)
    )
    appeared: list[str] = strawberry.field(description="Permissions the role would have and has not.")
    vanished: list[str] = strawberry.field(description="Permissions the role has and would not have.")
    scope_before: Scope | None = strawberry.field(description="Scope of new appointments now; null for a new role.")
    scope_after: Scope | None = strawberry.field(description="Scope of new ones then; null for a role that goes.")

    @classmethod
    def of(cls, change: RoleChange) -> RoleDifference:
        """As the use case found it."""
        return cls(
            role=change.role,
            people=change.people,
            reaches=[RoleReach(scope=Scope(scope), people=people) for scope, people in change.reaches.items()],
            appeared=list(change.appeared),
            vanished=list(change.vanished),
            scope_before=None if change.scope_before is None else Scope(change.scope_before),
            scope_after=None if change.scope_after is None else Scope(change.scope_after),
        )


@strawberry.type(description="What is wrong with a role table.")
class RoleFault:
    """A fault and its place."""

    path: str = strawberry.field(description="Where, as a JSON pointer into the manifest (RFC 6901).")
    message: str = strawberry.field(description="What is wrong, in English.")


@strawberry.type(description="What another role table would change; nothing was changed.")
class RoleChangePreview:
    """Differences, or faults."""

    roles: list[RoleDifference] = strawberry.field(
        description="The roles that would change, by slug; at most 200.", metadata=listed(MOST_ROLES)
    )
    faults: list[RoleFault] = strawberry.field(
        description="Why the table could not be applied; at most 100.", metadata=listed(MOST_FAULTS)
    )


def _id(prefix: str, id_: UUID | None) -> strawberry.ID | None:
    return None if id_ is None else strawberry.ID(public_id(prefix, id_))
