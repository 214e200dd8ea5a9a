"""Members, appointments and postings in the graph."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connections import Connection, Count, Node
from schema.members.inputs import AppointmentFilter, MemberKey, MemberOrder, PostingFilter, Scope
from schema.planner.declare import column, entity, newest_first, oldest_first, to_one
from schema.planner.fields import to_many
from schema.planner.groups import Link, by_linked, by_reference, count_by
from server.accounts import columns as accounts
from server.accounts.rules import AccountStatus
from server.members import columns, models, visibility
from tenants.permissions import Permission

if TYPE_CHECKING:
    from schema.grids.types import Grid
    from schema.organizations.types import Organization


@entity(
    models.Member,
    prefix="member",
    visible=visibility.members,
    orders={MemberOrder.NAME_ASC: oldest_first("name"), MemberOrder.CREATED_DESC: newest_first("created_at")},
)
class Member(Node):
    """A person who serves in the city."""

    name: str = column("Name.")
    phone: str | None = column("Telephone number, for colleagues who may appoint.", permission=Permission.MEMBER_CREATE)
    username: str | None = column(
        "User name of the account, for colleagues who may disable it; null without one, and where they may not.",
        expression=accounts.username_of,
        permission=Permission.USER_UPDATE,
    )
    account_status: AccountStatus | None = column(
        "Whether that account may sign in.",
        expression=accounts.status_of,
        permission=Permission.USER_UPDATE,
    )
    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = to_one(
        "The home organization.",
        by="organization_id",
    )
    appointments: Connection[Annotated[Appointment, strawberry.lazy("schema.members.types")]] = to_many(
        "Roles held, past ones included.",
        by="member_id",
        filter=AppointmentFilter,
    )
    postings: Connection[Annotated[Posting, strawberry.lazy("schema.members.types")]] = to_many(
        "Communities the member is or was posted to.",
        by="member_id",
        filter=PostingFilter,
    )


@strawberry.type(description="A page of members in a stable order.")
class MemberConnection(Connection[Member]):
    """Members, and how many there are by what."""

    count_by: list[Count] = count_by(
        "How many of these members share a key, on all pages; the largest groups first. By role a member counts in "
        "each role held now. Costs a count.",
        MemberKey,
        {
            MemberKey.ROLE: by_linked("role", Link(models.Appointment, columns.held_now)),
            MemberKey.ORGANIZATION: by_reference("organization_id", "Organization"),
        },
    )


@entity(models.Appointment, prefix="appointment", visible=visibility.of_member)
class Appointment(Node):
    """A member's role in a scope for a term. The role ends with the term."""

    role: str = column("Slug of the role in the city's manifest.")
    scope: Scope = column("Where the role holds.")
    starts_on: date = column("First day in force, in the city's time zone.")
    ends_on: date | None = column("Last day in force; null when no end is set.")
    ended_at: datetime | None = column("When it was ended early; null otherwise.")
    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = to_one(
        "The organization whose subtree the role covers, for scope ORGANIZATION.",
        by="organization_id",
    )
    grid: Annotated[Grid, strawberry.lazy("schema.grids.types")] | None = to_one(
        "The grid the role covers, for scope GRID.",
        by="grid_id",
    )
    member: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one("Who holds it.", by="member_id")
    substitution_reason: str | None = column("Why somebody stands in, if this is a substitute's appointment.")
    substitute_for: Annotated[Appointment, strawberry.lazy("schema.members.types")] | None = to_one(
        "The appointment whose holder this one stands in for; null for all that are no substitute's.",
        by="substitutes_id",
    )
    substitutes: Connection[Annotated[Appointment, strawberry.lazy("schema.members.types")]] = to_many(
        "Appointments of those who stand in, or stood in, for its holder.",
        by="substitutes_id",
        filter=AppointmentFilter,
    )


@entity(models.Posting, prefix="posting", visible=visibility.of_member)
class Posting(Node):
    """A member sent to serve in a community beside the home organization."""

    home_unit: str | None = column("The unit that sent the member.")
    starts_on: date = column("First day.")
    ends_on: date | None = column("Last day; null when no end is set.")
    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = to_one(
        "The community.",
        by="organization_id",
    )
    member: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one("Who is posted.", by="member_id")
