"""Who is asking, in the graph."""

from __future__ import annotations

from uuid import UUID

import strawberry

from schema.accounts.identities import LinkedIdentityConnection, LinkedIdentityOrder
from schema.accounts.inputs import SignInSessionOrder
from schema.accounts.records import SignInSessionConnection
from schema.context import CivicInfo
from schema.members.types import Member
from schema.planner.fields import loaded, root_connection
from schema.planner.prices import listed
from schema.residents.types import Resident
from server.persons.rules import MOST_CITIES


@strawberry.type(description="A city in which the viewer has an account that is linked to this one.")
class ViewerCity:
    """Somewhere to switch to."""

    tenant: str = strawberry.field(description="Slug of the city, for switchCity.")
    current: bool = strawberry.field(description="Whether it is the one that this token is for.")


@strawberry.type(description="The signed-in caller: what the access token stands for, at this moment.")
class Viewer:
    """The actor of the request."""

    member_id: strawberry.Private[UUID | None]
    resident_id: strawberry.Private[UUID | None]
    username: str = strawberry.field(description="The name signed in with.")
    tenant: str = strawberry.field(description="Slug of the city; the token is good for this city only.")
    roles: list[str] = strawberry.field(description="Slugs of the roles in force now.")
    permissions: list[str] = strawberry.field(description="What these roles allow somewhere in the city, area:verb.")
    must_enroll: bool = strawberry.field(
        description="Whether a role of the account asks for an authenticator: until confirmTotp there are no roles."
    )

    @strawberry.field(
        description="The cities that the viewer has linked and may switch to, and this one, by slug. Nobody else sees them.",
        metadata=listed(MOST_CITIES),
    )
    async def cities(self, info: CivicInfo) -> list[ViewerCity]:
        """Where the person behind the account serves."""
        found = await info.context.services.persons.cities(actor=info.context.require_actor())
        return [ViewerCity(tenant=each.slug, current=each.current) for each in found]

    sessions: SignInSessionConnection = root_connection(
        "Where the viewer's account is signed in, the newest first unless ordered otherwise.",
        SignInSessionConnection,
        order=SignInSessionOrder,
    )
    identities: LinkedIdentityConnection = root_connection(
        "Who at an identity provider signs in to the viewer's account, the newest first.",
        LinkedIdentityConnection,
        order=LinkedIdentityOrder,
    )
    member: Member | None = loaded("The member behind the account, if it is one.", Member, by="member_id")
    resident: Resident | None = loaded("The resident behind the account, if it is one.", Resident, by="resident_id")
