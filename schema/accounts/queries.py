"""Who is asking."""

from __future__ import annotations

import strawberry

from schema.accounts.inputs import InvitationFilter, InvitationOrder
from schema.accounts.records import InvitationConnection
from schema.accounts.types import Viewer
from schema.context import CivicInfo
from schema.planner.fields import root_connection


@strawberry.type
class AccountQueries:
    """Reads about the caller."""

    @strawberry.field(description="The signed-in caller; null for callers who have not signed in.")
    async def viewer(self, info: CivicInfo) -> Viewer | None:
        """The actor of the request."""
        actor = info.context.actor
        if actor is None or actor.username is None:
            return None
        tenant = await info.context.services.registry.by_id(actor.tenant_id)
        return Viewer(
            member_id=actor.member_id,
            resident_id=actor.resident_id,
            username=actor.username,
            tenant=tenant.slug,
            roles=list(actor.roles),
            permissions=sorted(permission.value for permission in actor.access),
            must_enroll=actor.must_enroll,
        )

    invitations: InvitationConnection = root_connection(
        "Invitations of members for whom the viewer may open accounts, the newest first unless ordered otherwise.",
        InvitationConnection,
        filter=InvitationFilter,
        order=InvitationOrder,
    )
