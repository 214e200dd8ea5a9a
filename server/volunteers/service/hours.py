"""The ledger of hours: what volunteers enter counts once another person has verified it (DY-12)."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from server.errors import NotFound, RuleViolation
from server.events.record import record
from server.texts import optional_line
from server.volunteers import rules
from server.volunteers.models import ActivitySignUp, HourEntry, Volunteer
from server.volunteers.rules import HourStatus, StarPolicy
from server.volunteers.service.activities import find_activity
from server.volunteers.service.registration import own_volunteer
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.permissions import Permission
from tenants.sessions import WriteSession

_LONGEST_NOTE = 1000


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
    volunteer = await own_volunteer(session, actor, lock=True)
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
        note=optional_line(note, field="note", most=_LONGEST_NOTE),
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


async def _require_place(session: WriteSession, activity_id: UUID, volunteer: Volunteer, actor: Actor) -> None:
    await find_activity(session, activity_id, actor)
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
