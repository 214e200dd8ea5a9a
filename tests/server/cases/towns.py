"""A shipped city in a database of its own, with one branch of its tree, a neighboring community, and people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from server.cases.models import Case, CaseEvent
from server.cases.service.policy import CasePolicy, policy_of
from server.events.models import DueWork, Event
from server.grids.models import Grid
from server.members.models import Appointment, Member, Posting
from server.onboarding.service import apply_tenant, console_actor
from server.organizations.models import Organization
from server.residents.models import Resident
from tenants.authz import Authorizer, access_of
from tenants.context import Actor, Grant, signature_of, system_actor
from tenants.ids import uuid7
from tenants.manifest.faults import parse
from tenants.manifest.model import Manifest
from tenants.registry import Registry
from tenants.sessions import Database

PAST = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


@dataclass(slots=True)
class Town:
    """branch: organization by level, from the city down to where ``grid`` is; ``other``: a community beside it."""

    database: Database
    registry: Registry
    authorizer: Authorizer
    manifest: Manifest
    tenant_id: UUID
    branch: dict[str, Organization] = field(default_factory=dict)
    people: int = 0

    @property
    def policy(self) -> CasePolicy:
        return policy_of(self.manifest)

    @property
    def worker(self) -> Actor:
        return system_actor(self.tenant_id, name="worker")

    @property
    def home(self) -> Organization:
        """Where the grid is."""
        return self.branch[self.policy.chain[-1]]

    async def add(self, *rows: Any) -> None:
        """Insert rows one after the other."""
        async with self.database.write(self.tenant_id) as session:
            for row in rows:
                session.add(row)
                await session.flush()

    async def organization(
        self, level: str, code: str, above: Organization, *, kind: str | None = None
    ) -> Organization:
        found = self.manifest.find_level(level)
        assert found is not None
        row = Organization(
            tenant_id=self.tenant_id,
            id=uuid7(),
            parent_id=above.id,
            code=code,
            name=code,
            level=level,
            kind=kind or found.kinds[0],
            rank=found.rank,
            path=f"{above.path}{code}/",
        )
        await self.add(row)
        return row

    async def grid(self, above: Organization, code: str) -> Grid:
        row = Grid(
            tenant_id=self.tenant_id,
            id=uuid7(),
            organization_id=above.id,
            path=above.path,
            code=code,
            name=code,
            kind="GENERAL",
            valid_from=date(2020, 1, 1),
        )
        await self.add(row)
        return row

    async def staff(
        self,
        role: str,
        *,
        at: Organization | None = None,
        grid: Grid | None = None,
        home: Organization | None = None,
        posted: bool = False,
    ) -> Actor:
        """A member appointed to a role at an organization, in a grid, or with own things only."""
        self.people += 1
        home = home or at or self.home
        member_id = uuid7()
        scope = "ORGANIZATION" if at else "GRID" if grid else "OWN"
        await self.add(
            Member(
                tenant_id=self.tenant_id,
                id=member_id,
                organization_id=home.id,
                path=home.path,
                name=f"Member {self.people}",
            ),
            Appointment(
                tenant_id=self.tenant_id,
                id=uuid7(),
                member_id=member_id,
                role=role,
                scope=scope,
                organization_id=at.id if at else None,
                grid_id=grid.id if grid else None,
                starts_on=date(2020, 1, 1),
            ),
        )
        if posted and at:
            await self.add(
                Posting(
                    tenant_id=self.tenant_id,
                    id=uuid7(),
                    member_id=member_id,
                    organization_id=at.id,
                    starts_on=date(2020, 1, 1),
                ),
            )
        grant = Grant(role=role, scope=scope, path=at.path if at else None, grid_id=grid.id if grid else None)
        return await self._actor(grant, member_id=member_id)

    async def resident(self, grid: Grid) -> Actor:
        self.people += 1
        resident_id = uuid7()
        await self.add(
            Resident(
                tenant_id=self.tenant_id,
                id=resident_id,
                grid_id=grid.id,
                path=grid.path,
                name=f"Resident {self.people}",
                sex="FEMALE",
                birth_date=date(1980, 5, 1),
            ),
        )
        return await self._actor(Grant(role="resident", scope="OWN"), resident_id=resident_id)

    async def _actor(
        self,
        grant: Grant,
        *,
        member_id: UUID | None = None,
        resident_id: UUID | None = None,
    ) -> Actor:
        tenant = await self.registry.by_id(self.tenant_id)
        access = access_of([grant], await self.authorizer.permissions(tenant))
        return Actor(
            tenant_id=self.tenant_id,
            account_id=uuid7(),
            grants=(grant,),
            access=access,
            signature=(*signature_of(access), member_id is not None, resident_id is not None),
            member_id=member_id,
            resident_id=resident_id,
        )

    async def case(self, case_id: UUID) -> Case:
        async with self.database.write(self.tenant_id) as session:
            return (
                await session.scalars(select(Case).where(Case.tenant_id == self.tenant_id, Case.id == case_id))
            ).one()

    async def version(self, case_id: UUID) -> int:
        return (await self.case(case_id)).version

    async def log(self, case_id: UUID) -> list[CaseEvent]:
        """The case's history, oldest first."""
        async with self.database.write(self.tenant_id) as session:
            rows = select(CaseEvent).where(CaseEvent.tenant_id == self.tenant_id, CaseEvent.case_id == case_id)
            return list(await session.scalars(rows.order_by(CaseEvent.seq)))

    async def events(self, case_id: UUID) -> list[tuple[int, str]]:
        """(number, type) of what the city's log says about the case."""
        async with self.database.write(self.tenant_id) as session:
            rows = select(Event).where(Event.tenant_id == self.tenant_id, Event.subject_id == case_id)
            return [(row.seq, row.type) for row in await session.scalars(rows.order_by(Event.seq))]

    async def due_work(self, case_id: UUID) -> list[DueWork]:
        """The case's rows of due work by step."""
        async with self.database.write(self.tenant_id) as session:
            rows = select(DueWork).where(DueWork.tenant_id == self.tenant_id, DueWork.subject_id == case_id)
            return list(await session.scalars(rows.order_by(DueWork.step)))

    async def make_due(self, case_id: UUID) -> None:
        """Let the open work of a case be due since long ago, as if the time had passed."""
        async with self.database.write(self.tenant_id) as session:
            await session.execute(
                update(DueWork)
                .where(
                    DueWork.tenant_id == self.tenant_id,
                    DueWork.subject_id == case_id,
                    DueWork.done_at.is_(None),
                )
                .values(due_at=PAST),
            )


async def found_town(database: Database, operator: Database, document: str) -> Town:
    """The city of a manifest, brought on board, with an organization at every level of its escalation chain."""
    applied = await apply_tenant(operator, document, actor=console_actor("test"))
    manifest = parse(document)
    town = Town(database, Registry(database), Authorizer(database), manifest, applied.tenant_id)
    async with database.write(town.tenant_id) as session:
        root = (await session.scalars(select(Organization).where(Organization.tenant_id == town.tenant_id))).one()
    above = root
    for level in manifest.escalation_chain:
        above = root if level == root.level else await town.organization(level, level, above)
        town.branch[level] = above
    return town
