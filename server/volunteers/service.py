"""Use cases of volunteers: registration, activities with places, and hours that another person verifies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from server.errors import Conflict, NotFound, RuleViolation
from server.events.record import record
from server.grids.models import Grid
from server.members.models import Member
from server.organizations.models import Organization
from server.residents.models import Resident
from server.volunteers import rules
from server.volunteers.models import Activity, ActivitySignUp, HourEntry, Volunteer
from server.volunteers.rules import ActivityFacts, ActivityPhase, ActivityStatus, HourStatus, StarPolicy
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.permissions import Permission
from tenants.sessions import WriteSession

MOST_SKILLS = 20
_LONGEST_SKILL = 50
_LONGEST_TITLE = 200
_LONGEST_NOTE = 1000


async def register_volunteer(session: WriteSession, *, skills: Sequence[str], actor: Actor) -> UUID:
    """Register the actor as a volunteer of the community they live or serve in (DY-11); the id is returned.

    skills: at most 20 short words. Errors: NotPermitted, RuleViolation VOLUNTEER_PERSON_MISSING, SKILLS_INVALID,
    Conflict VOLUNTEER_REGISTERED_ALREADY.
    """
    authorize(actor, Permission.VOLUNTEER_REGISTER)
    words = [_text(skill, "skills", longest=_LONGEST_SKILL) for skill in dict.fromkeys(skills)]
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
    await record(
        session,
        type="VolunteerRegistered",
        subject_type="volunteer",
        subject_id=volunteer_id,
        action=Permission.VOLUNTEER_REGISTER.value,
        actor=actor,
    )
    return volunteer_id


async def create_activity(
    session: WriteSession,
    *,
    organization_id: UUID,
    title: str,
    theme: str,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int,
    actor: Actor,
) -> UUID:
    """Announce an activity of an organization, open to volunteers of the whole city; the id is returned.

    starts_at, ends_at: aware. Errors: NotFound, NotPermitted outside the actor's places, RuleViolation TEXT_INVALID,
    ACTIVITY_REVERSED, ACTIVITY_CAPACITY.
    """
    path = await session.scalar(
        select(Organization.path).where(
            Organization.tenant_id == actor.tenant_id,
            Organization.id == organization_id,
        ),
    )
    if path is None or not actor.may(Permission.ORGANIZATION_READ):
        raise NotFound("No such organization.", field=("organizationId",))
    authorize(actor, Permission.ACTIVITY_CREATE, path=path)
    rules.check_activity(starts_at, ends_at, capacity)
    activity = Activity(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        organization_id=organization_id,
        path=path,
        title=_text(title, "title", longest=_LONGEST_TITLE),
        theme=_text(theme, "theme", longest=_LONGEST_TITLE),
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
    )
    session.add(activity)
    await session.flush()
    await record(
        session,
        type="ActivityCreated",
        subject_type="activity",
        subject_id=activity.id,
        action=Permission.ACTIVITY_CREATE.value,
        actor=actor,
    )
    return activity.id


async def sign_up_for_activity(session: WriteSession, *, activity_id: UUID, actor: Actor) -> UUID:
    """Take one of an activity's places for the actor; the sign-up's id is returned.

    Errors: NotFound, NotPermitted, RuleViolation VOLUNTEER_NOT_REGISTERED, ACTIVITY_CANCELED, ACTIVITY_STARTED,
    ACTIVITY_SIGNED_UP_ALREADY, ACTIVITY_FULL. However many try at once, no more than ``capacity`` succeed.
    """
    authorize(actor, Permission.ACTIVITY_SIGN_UP)
    activity = await _activity(session, activity_id, actor)
    volunteer = await _own_volunteer(session, actor)
    found = select(ActivitySignUp.id).where(
        ActivitySignUp.tenant_id == actor.tenant_id,
        ActivitySignUp.activity_id == activity_id,
        ActivitySignUp.volunteer_id == volunteer.id,
    )
    at = now()
    rules.check_sign_up(_facts(activity), at, signed_up_already=await session.scalar(found) is not None)
    # The update takes the place and the row's lock in one step; what was read above may be old by now.
    taken = await session.scalar(
        update(Activity)
        .where(
            Activity.tenant_id == actor.tenant_id,
            Activity.id == activity_id,
            Activity.status == ActivityStatus.OPEN.value,
            Activity.signed_up < Activity.capacity,
        )
        .values(signed_up=Activity.signed_up + 1)
        .returning(Activity.id)
        .execution_options(synchronize_session=False),
    )
    if taken is None or await session.scalar(found) is not None:
        await session.refresh(activity)
        rules.check_sign_up(_facts(activity), at, signed_up_already=taken is not None)
        raise RuleViolation("All {capacity} places are taken.", code="ACTIVITY_FULL", capacity=activity.capacity)
    sign_up = ActivitySignUp(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        activity_id=activity_id,
        volunteer_id=volunteer.id,
        at=at,
    )
    session.add(sign_up)
    await session.flush()
    await record(
        session,
        type="ActivitySignedUp",
        subject_type="activity",
        subject_id=activity_id,
        action=Permission.ACTIVITY_SIGN_UP.value,
        actor=actor,
        detail={"sign_up": str(sign_up.id), "volunteer": str(volunteer.id)},
    )
    return sign_up.id


async def cancel_sign_up(session: WriteSession, *, activity_id: UUID, actor: Actor) -> UUID:
    """Give the actor's place in an activity back before it starts; the activity's id is returned.

    Errors: NotFound (also without a place), NotPermitted, RuleViolation VOLUNTEER_NOT_REGISTERED, ACTIVITY_STARTED.
    """
    authorize(actor, Permission.ACTIVITY_SIGN_UP)
    volunteer = await _own_volunteer(session, actor)
    activity = await _activity(session, activity_id, actor, lock=True)
    if rules.activity_phase(_facts(activity), now()) in {ActivityPhase.RUNNING, ActivityPhase.ENDED}:
        raise RuleViolation("A place is given back before the activity starts.", code="ACTIVITY_STARTED")
    sign_up_id = await session.scalar(
        delete(ActivitySignUp)
        .where(
            ActivitySignUp.tenant_id == actor.tenant_id,
            ActivitySignUp.activity_id == activity_id,
            ActivitySignUp.volunteer_id == volunteer.id,
        )
        .returning(ActivitySignUp.id)
        .execution_options(synchronize_session=False),
    )
    if sign_up_id is None:
        raise NotFound("You have no place in this activity.", field=("activityId",))
    activity.signed_up -= 1
    await session.flush()
    await record(
        session,
        type="ActivitySignUpCanceled",
        subject_type="activity",
        subject_id=activity_id,
        action=Permission.ACTIVITY_SIGN_UP.value,
        actor=actor,
        detail={"sign_up": str(sign_up_id), "volunteer": str(volunteer.id)},
    )
    return activity_id


async def enter_hours(
    session: WriteSession,
    *,
    served_on: date,
    minutes: int,
    activity_id: UUID | None,
    note: str | None,
    manifest: Manifest,
    actor: Actor,
) -> UUID:
    """Write the actor's own service into the ledger, where it waits for another person; the entry's id is returned.

    Errors: NotPermitted, NotFound, RuleViolation VOLUNTEER_NOT_REGISTERED, HOURS_WITHOUT_PLACE, TEXT_INVALID and those
    of ``rules.check_hours``.
    """
    authorize(actor, Permission.HOURS_ENTER)
    # Entries of one volunteer go one after the other, or two at once could fill more than a day.
    volunteer = await _own_volunteer(session, actor, lock=True)
    if activity_id is not None:
        await _require_place(session, activity_id, volunteer, actor)
    on_that_day = await session.scalar(
        select(func.coalesce(func.sum(HourEntry.minutes), 0)).where(
            HourEntry.tenant_id == actor.tenant_id,
            HourEntry.volunteer_id == volunteer.id,
            HourEntry.served_on == served_on,
            HourEntry.status != HourStatus.REFUSED.value,
        ),
    )
    today = now().astimezone(ZoneInfo(manifest.time_zone)).date()
    rules.check_hours(minutes, served_on, today=today, minutes_on_that_day=on_that_day or 0)
    entry = HourEntry(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        volunteer_id=volunteer.id,
        activity_id=activity_id,
        served_on=served_on,
        minutes=minutes,
        note=None if note is None else _text(note, "note", longest=_LONGEST_NOTE),
    )
    session.add(entry)
    await session.flush()
    await record(
        session,
        type="HoursEntered",
        subject_type="hour_entry",
        subject_id=entry.id,
        action=Permission.HOURS_ENTER.value,
        actor=actor,
        detail={"volunteer": str(volunteer.id)},
    )
    return entry.id


async def verify_hours(
    session: WriteSession,
    *,
    hour_entry_id: UUID,
    approve: bool,
    manifest: Manifest,
    actor: Actor,
) -> UUID:
    """Approve or refuse another person's hours; the entry's id is returned (DY-12).

    Verified minutes and stars are counted anew from the ledger; when a star is gained, VolunteerStarRaised is recorded
    too. Errors: NotFound, NotPermitted, RuleViolation HOURS_DECIDED_ALREADY, HOURS_SELF_VERIFICATION.
    """
    volunteer, entry = await _entry_to_decide(session, hour_entry_id, actor)
    authorize(actor, Permission.HOURS_VERIFY, path=volunteer.path)
    rules.check_verification(
        HourStatus(entry.status),
        volunteer_persons=_persons(volunteer.id, volunteer.member_id, volunteer.resident_id),
        verifier_persons=_persons(actor.account_id, actor.member_id, actor.resident_id),
    )
    entry.status = (HourStatus.VERIFIED if approve else HourStatus.REFUSED).value
    entry.verified_by_id = actor.member_id
    entry.decided_at = now()
    await session.flush()
    stars_before = volunteer.stars
    await _count_anew(session, volunteer, StarPolicy(manifest.star_policy.thresholds_hours))
    await record(
        session,
        type="HoursVerified" if approve else "HoursRefused",
        subject_type="hour_entry",
        subject_id=entry.id,
        action=Permission.HOURS_VERIFY.value,
        actor=actor,
        detail={"volunteer": str(volunteer.id)},
    )
    if volunteer.stars > stars_before:
        await record(
            session,
            type="VolunteerStarRaised",
            subject_type="volunteer",
            subject_id=volunteer.id,
            action=Permission.HOURS_VERIFY.value,
            actor=actor,
            detail={"stars": volunteer.stars, "hour_entry": str(entry.id)},
        )
    return entry.id


async def _count_anew(session: WriteSession, volunteer: Volunteer, policy: StarPolicy) -> None:
    minutes = await session.scalar(
        select(func.coalesce(func.sum(HourEntry.minutes), 0)).where(
            HourEntry.tenant_id == volunteer.tenant_id,
            HourEntry.volunteer_id == volunteer.id,
            HourEntry.status == HourStatus.VERIFIED.value,
        ),
    )
    volunteer.verified_minutes = minutes or 0
    volunteer.stars = rules.star_level(policy, volunteer.verified_minutes)
    await session.flush()


async def _entry_to_decide(session: WriteSession, entry_id: UUID, actor: Actor) -> tuple[Volunteer, HourEntry]:
    """The entry and its volunteer, both locked; always the volunteer first, as ``enter_hours`` does."""
    volunteer_id = await session.scalar(
        select(HourEntry.volunteer_id).where(HourEntry.tenant_id == actor.tenant_id, HourEntry.id == entry_id),
    )
    volunteer = await session.scalar(
        select(Volunteer)
        .where(Volunteer.tenant_id == actor.tenant_id, Volunteer.id == volunteer_id)
        .with_for_update(key_share=True),
    )
    entry = await session.scalar(
        select(HourEntry)
        .where(HourEntry.tenant_id == actor.tenant_id, HourEntry.id == entry_id)
        .with_for_update(key_share=True),
    )
    if volunteer is None or entry is None or not _sees(actor, volunteer):
        raise NotFound("No such hour entry.", field=("hourEntryId",))
    return volunteer, entry


def _sees(actor: Actor, volunteer: Volunteer) -> bool:
    me = {actor.member_id, actor.resident_id} - {None}
    return actor.reach(Permission.VOLUNTEER_READ).covers(path=volunteer.path) or bool(
        me & {volunteer.member_id, volunteer.resident_id},
    )


def _persons(*ids: UUID | None) -> frozenset[UUID]:
    return frozenset(id_ for id_ in ids if id_ is not None)


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


async def _own_volunteer(session: WriteSession, actor: Actor, *, lock: bool = False) -> Volunteer:
    statement = select(Volunteer).where(Volunteer.tenant_id == actor.tenant_id)
    if actor.member_id is not None:
        statement = statement.where(Volunteer.member_id == actor.member_id)
    else:
        statement = statement.where(Volunteer.resident_id == actor.resident_id)
    volunteer = await session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if volunteer is None:
        raise RuleViolation("Register as a volunteer first.", code="VOLUNTEER_NOT_REGISTERED")
    return volunteer


async def _activity(session: WriteSession, activity_id: UUID, actor: Actor, *, lock: bool = False) -> Activity:
    statement = select(Activity).where(Activity.tenant_id == actor.tenant_id, Activity.id == activity_id)
    activity = await session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if activity is None:
        raise NotFound("No such activity.", field=("activityId",))
    return activity


async def _require_place(session: WriteSession, activity_id: UUID, volunteer: Volunteer, actor: Actor) -> None:
    await _activity(session, activity_id, actor)
    place = await session.scalar(
        select(ActivitySignUp.id).where(
            ActivitySignUp.tenant_id == actor.tenant_id,
            ActivitySignUp.activity_id == activity_id,
            ActivitySignUp.volunteer_id == volunteer.id,
        ),
    )
    if place is None:
        raise RuleViolation(
            "Hours of an activity are entered by those who had a place in it.",
            code="HOURS_WITHOUT_PLACE",
            field=("activityId",),
        )


def _facts(activity: Activity) -> ActivityFacts:
    return ActivityFacts(
        status=ActivityStatus(activity.status),
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        capacity=activity.capacity,
        signed_up=activity.signed_up,
    )


def _text(value: str, field: str, *, longest: int) -> str:
    """The text without blanks around it; TEXT_INVALID when it is empty, too long or holds control characters."""
    text = value.strip()
    if not 1 <= len(text) <= longest or not all(char.isprintable() or char in "\n\t" for char in text):
        raise RuleViolation(
            "Write 1 to {longest} characters here, without control characters.",
            code="TEXT_INVALID",
            field=(field,),
            longest=longest,
        )
    return text
