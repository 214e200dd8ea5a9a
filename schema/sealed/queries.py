"""Root reads of sealed matters and zones."""

# No "from __future__ import annotations" here: Strawberry reads the resolvers' annotations.

from typing import Annotated

import strawberry
from strawberry.types import Info

from schema.connections import Connection
from schema.context import Context
from schema.planner.fields import root_by_id, root_connection
from schema.sealed.inputs import CooperationZoneOrder, SealedCaseFilter, SealedCaseOrder
from schema.sealed.tracked import TrackedSealedCase
from schema.sealed.types import CooperationZone, SealedCase
from server.intake.rules import read_code
from server.intake.service.tracking import city_of
from server.sealed.service.tracking import track_sealed
from tenants.context import anonymous_actor

_CODE = strawberry.argument(description="The code, as it was shown when the matter was reported.")


async def _track_sealed(info: Info[Context, None], code: Annotated[str, _CODE]) -> TrackedSealedCase | None:
    services = info.context.services
    found = read_code(code)
    tenant_id = await city_of(found, services.registry)
    async with services.transactions.open(anonymous_actor(tenant_id)) as session:
        told = await track_sealed(session, found, tenant_id=tenant_id, keyring=services.keyring)
    return None if told is None else TrackedSealedCase.of(told)


@strawberry.type
class SealedQueries:
    """Reads of sealed matters."""

    sealed_cases: Connection[SealedCase] = root_connection(
        "Sealed matters that the viewer may read, the newest first; none for everybody outside the discipline offices. "
        "Each reading is written down.",
        Connection[SealedCase],
        filter=SealedCaseFilter,
        order=SealedCaseOrder,
    )
    sealed_case: SealedCase | None = root_by_id(
        "A sealed matter; null for whoever may not read it.", SealedCase, prefix="sealed"
    )
    cooperation_zones: Connection[CooperationZone] = root_connection(
        "Cooperation zones: one's own, or every one for whoever assigns matters to them.",
        Connection[CooperationZone],
        order=CooperationZoneOrder,
    )
    track_sealed: TrackedSealedCase | None = strawberry.field(
        resolver=_track_sealed,
        description="A sealed matter by its code, for whoever holds the code; null for any other text.",
    )
