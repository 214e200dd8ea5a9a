"""What a city's manifest decides about volunteers beforehand: the stars that verified hours earn."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import case, or_, update

from server.volunteers.models import Volunteer
from server.volunteers.rules import MINUTES_OF_AN_HOUR
from tenants.manifest.model import Manifest
from tenants.sessions import WriteSession


async def provision(session: WriteSession, manifest: Manifest, *, tenant_id: UUID) -> int:
    """Count every volunteer's stars anew by the manifest's star policy (DY-12); how many changed is returned.

    Runs in the transaction that applies the manifest, touches one city, and changes nothing the second time.
    """
    thresholds = manifest.star_policy.thresholds_hours
    earned = case(
        *(
            (Volunteer.verified_minutes >= thresholds[stars - 1] * MINUTES_OF_AN_HOUR, stars)
            for stars in range(len(thresholds), 0, -1)
        ),
        else_=0,
    )
    # Nobody without stars and without a first threshold's hours can change, and in a big city these are most.
    first = thresholds[0] * MINUTES_OF_AN_HOUR
    changed = await session.execute(
        update(Volunteer)
        .where(
            Volunteer.tenant_id == tenant_id,
            or_(Volunteer.stars > 0, Volunteer.verified_minutes >= first),
            Volunteer.stars != earned,
        )
        .values(stars=earned)
        .returning(Volunteer.id)
        .execution_options(synchronize_session=False),
    )
    return len(changed.all())
