"""Registering as a volunteer, and finding the volunteer behind an actor."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from server.errors import Conflict, RuleViolation
from server.events.record import record
from server.grids.models import Grid
from server.members.models import Member
from server.residents.models import Resident
from server.search.writing import make_searchable
from server.texts import required_line
from server.volunteers.models import Volunteer
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession

MOST_SKILLS = 20
_LONGEST_SKILL = 50


async def register_volunteer(session: WriteSession, *, skills: Sequence[str], actor: Actor) -> UUID:
    """Register the actor as a volunteer of the community they live or serve in (DY-11); the id is returned.

    skills: at most 20 short words. Errors: NotPermitted, RuleViolation VOLUNTEER_PERSON_MISSING, SKILLS_INVALID,
    Conflict VOLUNTEER_REGISTERED_ALREADY.
    """
    authorize(actor, Permission.VOLUNTEER_REGISTER)
    words = list(dict.fromkeys(required_line(skill, field="skills", most=_LONGEST_SKILL) for skill in skills))
    if len(words) > MOST_SKILLS:
        raise RuleViolation("Name at most {most} skills.", code="SKILLS_INVALID", field=("skills",), most=MOST_SKILLS)
    name, organization_id, path = await _person(session, actor)
    volunteer_id: UUID | None = await session.scalar(
        insert(Volunteer)
        .values(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            organization_id=organization_id,
            path=path,
            resident_id=None if actor.member_id else actor.resident_id,
            member_id=actor.member_id,
            name=name,
            skills={"words": words},
            verified_minutes=0,
            stars=0,
            registered_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(Volunteer.id),
    )
    if volunteer_id is None:
        raise Conflict("You are registered as a volunteer already.", code="VOLUNTEER_REGISTERED_ALREADY")
    await make_searchable(session, "volunteer", volunteer_id, tenant_id=actor.tenant_id, name=name)
    await record(
        session,
        type="VolunteerRegistered",
        subject_type="volunteer",
        subject_id=volunteer_id,
        action=Permission.VOLUNTEER_REGISTER.value,
        actor=actor,
    )
    return volunteer_id


async def own_volunteer(session: WriteSession, actor: Actor, *, lock: bool = False) -> Volunteer:
    statement = select(Volunteer).where(Volunteer.tenant_id == actor.tenant_id)
    if actor.member_id is not None:
        statement = statement.where(Volunteer.member_id == actor.member_id)
    else:
        statement = statement.where(Volunteer.resident_id == actor.resident_id)
    volunteer = await session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if volunteer is None:
        raise RuleViolation("Register as a volunteer first.", code="VOLUNTEER_NOT_REGISTERED")
    return volunteer


async def _person(session: WriteSession, actor: Actor) -> tuple[str, UUID, str]:
    """Name, organization and path of the member or resident behind the actor."""
    if actor.member_id is not None:
        statement = select(Member.name, Member.organization_id, Member.path).where(
            Member.tenant_id == actor.tenant_id,
            Member.id == actor.member_id,
        )
    else:
        statement = (
            select(Resident.name, Grid.organization_id, Resident.path)
            .join(Grid, (Grid.tenant_id == actor.tenant_id) & (Grid.id == Resident.grid_id))
            .where(Resident.tenant_id == actor.tenant_id, Resident.id == actor.resident_id)
        )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise RuleViolation("Only members and residents can register.", code="VOLUNTEER_PERSON_MISSING")
    return found[0], found[1], found[2]
