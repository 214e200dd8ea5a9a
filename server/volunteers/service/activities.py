"""Activities: announcing them, taking a place, giving it back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update

from server.errors import NotFound, RuleViolation
from server.events.record import record
from server.organizations.service import find_organization
from server.search.writing import make_searchable
from server.texts import required_line
from server.volunteers import rules
from server.volunteers.models import Activity, ActivitySignUp
from server.volunteers.rules import ActivityFacts, ActivityPhase, ActivityStatus
from server.volunteers.service.registration import own_volunteer
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession


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

    starts_at, ends_at: aware. Errors: NotFound, NotPermitted outside the actor's places, RuleViolation TEXT_REQUIRED,
    ACTIVITY_REVERSED, ACTIVITY_CAPACITY.
    """
    organization = await find_organization(session, organization_id, field="organizationId", actor=actor)
    authorize(actor, Permission.ACTIVITY_CREATE, path=organization.path)
    rules.check_activity(starts_at, ends_at, capacity)
    activity = Activity(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        organization_id=organization_id,
        path=organization.path,
        title=required_line(title, field="title"),
        theme=required_line(theme, field="theme"),
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
    )
    session.add(activity)
    await session.flush()
    await make_searchable(session, "activity", activity.id, tenant_id=actor.tenant_id, title=activity.title)
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
    activity = await find_activity(session, activity_id, actor)
    volunteer = await own_volunteer(session, actor)
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
    volunteer = await own_volunteer(session, actor)
    activity = await find_activity(session, activity_id, actor, lock=True)
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


async def find_activity(session: WriteSession, activity_id: UUID, actor: Actor, *, lock: bool = False) -> Activity:
    statement = select(Activity).where(Activity.tenant_id == actor.tenant_id, Activity.id == activity_id)
    activity = await session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if activity is None:
        raise NotFound("No such activity.", field=("activityId",))
    return activity


def _facts(activity: Activity) -> ActivityFacts:
    return ActivityFacts(
        status=ActivityStatus(activity.status),
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        capacity=activity.capacity,
        signed_up=activity.signed_up,
    )
