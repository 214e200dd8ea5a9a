"""A case of Jiamusi on its way to the public, and whoever brings it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import select

from migrations.roles import DatabaseUrls
from server.cases.service import closing, dispatch, intake, supervision
from server.cases.states import Rating, Severity, Track
from server.publications.models import Publication, PublishedCase
from server.publications.service import drafting, publishing
from server.publications.service.drafting import Desk
from tenants.context import Actor
from tenants.keys import Keyring
from tests.conftest import SECRET
from tests.server.cases.steps import do, report
from tests.server.cases.towns import Town

WORDS = {"title": "Lamps", "asked": "The lamps were out.", "done": "They were mended."}
TRIAGE = {"category": "FIRE_HAZARD", "severity": Severity.GENERAL, "containment": None, "reason": None}


@dataclass(frozen=True, slots=True)
class Press:
    """Who reports, who handles, who drafts (dispatcher) and who checks (secretary)."""

    town: Town
    grid_id: UUID
    resident: Actor
    chief: Actor
    drafter: Actor
    checker: Actor

    @property
    def desk(self) -> Desk:
        return Desk(self.town.manifest, Keyring(SECRET, self.town.database))

    async def fed_back(self, category: str = "HAZARD") -> UUID:
        """A case whose reporter was told the result."""
        town, chief = self.town, self.chief
        case_id = await report(town, self.resident, self.grid_id, category, track=Track.GRID_EVENT)
        triage = TRIAGE if category == "HAZARD" else {**TRIAGE, "category": category}
        await do(town, intake.accept_case, case_id, chief)
        await do(town, intake.triage_case, case_id, chief, **triage)
        await do(town, dispatch.dispatch_case, case_id, chief, handler_id=chief.member_id)
        await do(town, dispatch.start_case, case_id, chief)
        await do(town, closing.resolve_case, case_id, chief, result="Mended")
        await do(town, supervision.waive_urge, case_id, self.checker, reason="Solved at once")
        await do(town, closing.give_feedback, case_id, chief, feedback="It is mended")
        return case_id

    async def rated(self, category: str = "HAZARD") -> UUID:
        case_id = await self.fed_back(category)
        await do(self.town, closing.rate_case, case_id, self.resident, rating=Rating.SATISFIED, comment=None)
        return case_id

    async def draft(self, case_id: UUID, actor: Actor | None = None, **words: str) -> Publication:
        async with self.town.database.write(self.town.tenant_id) as session:
            await drafting.draft_publication(
                session, case_id=case_id, desk=self.desk, actor=actor or self.drafter, **(WORDS | words)
            )
        return await self.publication(case_id)

    async def check(self, publication: Publication, actor: Actor | None = None, version: int | None = None) -> None:
        async with self.town.database.write(self.town.tenant_id) as session:
            await drafting.check_publication(
                session,
                publication_id=publication.id,
                expected_version=version or publication.version,
                desk=self.desk,
                actor=actor or self.checker,
            )

    async def publish(self, case_id: UUID, actor: Actor | None = None) -> None:
        await self._step(publishing.publish_case, case_id, actor or self.checker)

    async def waive(self, case_id: UUID, reason: str = "A quarrel among neighbors", actor: Actor | None = None) -> None:
        await self._step(publishing.waive_publication, case_id, actor or self.checker, reason=reason)

    async def withdraw(self, publication: Publication, actor: Actor | None = None) -> None:
        async with self.town.database.write(self.town.tenant_id) as session:
            await publishing.withdraw_publication(
                session,
                publication_id=publication.id,
                reason="Somebody was recognized",
                desk=self.desk,
                actor=actor or self.checker,
            )

    async def publication(self, case_id: UUID) -> Publication:
        async with self.town.database.write(self.town.tenant_id) as session:
            row = select(Publication).where(
                Publication.tenant_id == self.town.tenant_id, Publication.case_id == case_id
            )
            return (await session.scalars(row)).one()

    async def copies(self) -> list[PublishedCase]:
        async with self.town.database.write(self.town.tenant_id) as session:
            rows = select(PublishedCase).where(PublishedCase.tenant_id == self.town.tenant_id)
            return list(await session.scalars(rows.order_by(PublishedCase.id)))

    async def _step(self, use_case: Any, case_id: UUID, actor: Actor, **words: str) -> None:
        version = await self.town.version(case_id)
        async with self.town.database.write(self.town.tenant_id) as session:
            await use_case(session, case_id=case_id, expected_version=version, desk=self.desk, actor=actor, **words)


async def found_press(town: Town) -> Press:
    grid = await town.grid(town.home, "grid-1")
    return Press(
        town,
        grid.id,
        await town.resident(grid),
        await town.staff("grid_chief", grid=grid),
        await town.staff("dispatcher", at=town.branch["city"]),
        await town.staff("community_secretary", at=town.branch["community"]),
    )


async def let_time_pass(urls: DatabaseUrls, town: Town, *, days: int) -> None:
    """As if everything had happened so many days earlier. As the owner: nobody else changes what has happened."""
    owner = await asyncpg.connect(urls.owner)
    try:
        await owner.execute("select set_config('app.tenant_id', $1, false)", str(town.tenant_id))
        await owner.execute("update case_event set at = at - make_interval(days => $1)", days)
        await owner.execute(
            'update "case" set reported_at = reported_at - make_interval(days => $1), '
            "resolved_at = resolved_at - make_interval(days => $1), feedback_at = feedback_at - make_interval(days => $1), "
            "archived_at = archived_at - make_interval(days => $1), changed_at = changed_at - make_interval(days => $1)",
            days,
        )
        await owner.execute("update due_work set due_at = due_at - make_interval(days => $1)", days)
    finally:
        await owner.close()
