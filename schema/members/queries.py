"""Root reads of members."""

from __future__ import annotations

import strawberry

from schema.members.inputs import MemberFilter, MemberOrder
from schema.members.types import Member, MemberConnection
from schema.planner.fields import root_by_id, root_connection


@strawberry.type
class MemberQueries:
    """Reads of who serves."""

    members: MemberConnection = root_connection(
        "Members the viewer may see, by name unless ordered otherwise.",
        MemberConnection,
        filter=MemberFilter,
        order=MemberOrder,
    )
    member: Member | None = root_by_id(
        "One member by id; null when there is none the viewer may see.",
        Member,
        prefix="member",
    )
