"""What is asked about access, and of operators."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.planner.conditions import equals, one_of
from schema.planner.declare import where


@strawberry.enum(description="How the matter of an operator who wants to look into the city stands.")
class SupportStatus(Enum):
    """Status of a request."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    ENDED = "ENDED"


@strawberry.enum(description="Orders of leaves for operators.")
class SupportAccessOrder(Enum):
    """What they can be ordered by."""

    REQUESTED_DESC = "REQUESTED_DESC"


@strawberry.input(description="Which leaves for operators; all conditions given must hold.")
class SupportAccessFilter:
    """Conditions on leaves."""

    status: list[SupportStatus] | None = where("In one of these statuses.", one_of("status"))
    operator_name: str | None = where("Of this operator.", equals("operator_name"))


@strawberry.input(description="Who, what, and what with.")
class ExplainAccessInput:
    """A question of access."""

    subject_id: strawberry.ID = strawberry.field(description="Id of a member, a resident or an account.")
    permission: str = strawberry.field(description="What is to be done, as area:verb, for example case:accept.")
    object_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Id of a case, grid, member, organization or resident it is to be done with; null: anywhere at all.",
    )


@strawberry.input(description="Another role table.")
class PreviewRoleChangeInput:
    """The roles as a manifest says them."""

    roles: str = strawberry.field(
        description="The section 'roles' of a manifest as YAML or JSON, for example {roles: [{slug: dispatcher}]}; it "
        "takes the place of the section in force."
    )


@strawberry.input(description="An operator's wish to look into a city.")
class RequestSupportAccessInput:
    """Where, why, how long, what."""

    tenant: str = strawberry.field(description="Slug of the city.")
    reason: str = strawberry.field(description="Why, for the city's administrator: one line, at most 200 characters.")
    hours: int = strawberry.field(description="For how long, 1 to 8 hours from the approval on.")
    permissions: list[str] = strawberry.field(
        default_factory=list,
        description="What is needed, as area:verb; none for the usual ones, which only read. Health data and sealed "
        "matters are never opened.",
    )


@strawberry.input(description="An operator's request.")
class SupportAccessInput:
    """Which one."""

    access_id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.input(description="A city that has given an operator leave.")
class EnterSupportAccessInput:
    """Where, with which leave."""

    tenant: str = strawberry.field(description="Slug of the city.")
    access_id: strawberry.ID = strawberry.field(description="Id of the request that was approved.")
