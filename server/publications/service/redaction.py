"""What must not be in the draft of one case: read from the case, its people and the city's manifest."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, union

from server.cases.models import Case, CaseEvent
from server.cases.parts import CaseTask
from server.cases.service.routing import organizations_on
from server.grids.models import Grid
from server.intake.models import CaseContact
from server.intake.service.behalf import unseal_contacts
from server.members.models import Member
from server.organizations.models import Organization
from server.publications.rules import Forbidden
from server.residents.models import Resident
from server.threads.models import CaseMessage
from tenants.keys import Keyring
from tenants.manifest.model import Manifest
from tenants.sessions import WriteSession

LOWEST_RANK = 3
"""Of what a copy may name: the compound; a grid, a building and a household are below it (levels of the manifest)."""


async def forbidden_in(session: WriteSession, row: Case, *, manifest: Manifest, keyring: Keyring) -> Forbidden:
    """Names of the reporter, of whoever had to do with the case and of whom it was reported for; places too small."""
    along = await organizations_on(session, row.path, tenant_id=row.tenant_id)
    grid = await session.get_one(Grid, (row.tenant_id, row.grid_id))
    words = manifest.publication
    return Forbidden(
        names=frozenset(
            [
                *await _residents(session, row),
                *await _members(session, row),
                *await _contacts(session, row, keyring=keyring),
            ],
        ),
        places=frozenset([grid.name, grid.code, *(above.name for above in along if above.rank < LOWEST_RANK)])
        # A grid may be called like its community, which can be named.
        - {above.name for above in along if above.rank >= LOWEST_RANK},
        health=words.health_words,
        minors=words.minor_words,
        petitions=words.petition_words,
    )


async def place_of(session: WriteSession, row: Case) -> str:
    """The name of the compound, else of the community or whatever is next above it."""
    along = await organizations_on(session, row.path, tenant_id=row.tenant_id)
    return _nameable(along).name


def _nameable(along: Sequence[Organization]) -> Organization:
    """The lowest organization on the way from the root that a copy may name; the root where there is none."""
    return next((above for above in reversed(along) if above.rank >= LOWEST_RANK), along[0])


async def _residents(session: WriteSession, row: Case) -> Sequence[str]:
    message = CaseMessage
    wrote = select(message.author_resident_id).where(message.tenant_id == row.tenant_id, message.case_id == row.id)
    ids = [row.reporter_id, *await session.scalars(wrote)]
    known = {id_ for id_ in ids if id_ is not None}
    found = select(Resident.name).where(Resident.tenant_id == row.tenant_id, Resident.id.in_(known))
    return (await session.scalars(found)).all()


async def _members(session: WriteSession, row: Case) -> Sequence[str]:
    """Whoever has the case in hand, took a step of it, had a share of it or wrote about it."""
    tenant_id = row.tenant_id
    took = union(
        select(CaseEvent.actor_member_id).where(CaseEvent.tenant_id == tenant_id, CaseEvent.case_id == row.id),
        select(CaseTask.closed_by_id).where(CaseTask.tenant_id == tenant_id, CaseTask.case_id == row.id),
        select(CaseMessage.author_member_id).where(
            CaseMessage.tenant_id == tenant_id,
            CaseMessage.case_id == row.id,
        ),
    )
    ids: list[UUID | None] = [row.handler_id, row.claimant_id, *await session.scalars(took)]
    known = {id_ for id_ in ids if id_ is not None}
    found = select(Member.name).where(Member.tenant_id == tenant_id, Member.id.in_(known))
    return (await session.scalars(found)).all()


async def _contacts(session: WriteSession, row: Case, *, keyring: Keyring) -> list[str]:
    """Compared, never shown: whoever drafts is told of a name only when they wrote it themselves."""
    sealed = await session.execute(
        select(CaseContact.sealed, CaseContact.key_version).where(
            CaseContact.tenant_id == row.tenant_id,
            CaseContact.case_id == row.id,
        ),
    )
    values = [(base64.b64encode(each.sealed), each.key_version, str(row.id)) for each in sealed]
    return [contact.name for contact in await unseal_contacts(keyring, values, tenant_id=row.tenant_id)]
