"""Verified hours become stars."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from server.errors import AppError, NotFound, NotPermitted
from server.events.models import AuditEntry, Event
from server.volunteers.models import HourEntry, Volunteer
from server.volunteers.provision import provision
from server.volunteers.service import hours, registration
from tenants.context import Actor
from tenants.manifest.model import Manifest
from tenants.manifest.people import StarPolicy
from tests.fixtures.town import WEST, Town

FIRST_DAY = date(2025, 1, 1)


async def registered(town: Town, username: str = "lan") -> Actor:
    await town.resident(username)
    actor = await town.actor(username)
    async with town.services.transactions.open(actor) as session:
        await registration.register_volunteer(session, skills=(), actor=actor)
    return await town.actor(username)


async def enter(town: Town, actor: Actor, minutes: int, *, day: int = 0) -> UUID:
    manifest = await town.manifest()
    async with town.services.transactions.open(actor) as session:
        return await hours.enter_hours(
            session,
            served_on=FIRST_DAY + timedelta(days=day),
            minutes=minutes,
            activity_id=None,
            note=None,
            manifest=manifest,
            actor=actor,
        )


async def verify(
    town: Town,
    actor: Actor,
    entry_id: UUID,
    *,
    approve: bool = True,
    manifest: Manifest | None = None,
) -> None:
    manifest = manifest or await town.manifest()
    async with town.services.transactions.open(actor) as session:
        await hours.verify_hours(
            session,
            hour_entry_id=entry_id,
            approve=approve,
            manifest=manifest,
            actor=actor,
        )


def with_stars(manifest: Manifest, *thresholds: int) -> Manifest:
    return manifest.model_copy(update={"star_policy": StarPolicy(thresholds_hours=thresholds)})


async def standing(town: Town) -> tuple[int, int]:
    """(verified minutes, stars) of the only volunteer."""
    (volunteer,) = await town.rows(Volunteer)
    return volunteer.verified_minutes, volunteer.stars


async def test_a_threshold_crossed_raises_the_star_and_says_so(town: Town) -> None:
    lan = await registered(town)
    await town.member("secretary", "community_secretary")
    secretary = await town.actor("secretary")
    manifest = with_stars(await town.manifest(), 2, 3)
    entries = [await enter(town, lan, minutes, day=day) for day, minutes in enumerate((119, 1, 59, 1, 600))]
    seen = []
    for entry_id in entries[:4]:
        await verify(town, secretary, entry_id, manifest=manifest)
        seen.append(await standing(town))
    assert seen == [(119, 0), (120, 1), (179, 1), (180, 2)]
    await verify(town, secretary, entries[4], approve=False, manifest=manifest)
    assert await standing(town) == (180, 2)
    (volunteer,) = await town.rows(Volunteer)
    raised = await town.rows(Event, subject_id=volunteer.id, type="VolunteerStarRaised")
    assert len(raised) == 2
    details = [row.detail for row in await town.rows(AuditEntry, object_type="volunteer", action="hours:verify")]
    assert details == [
        {"stars": 1, "hour_entry": str(entries[1])},
        {"stars": 2, "hour_entry": str(entries[3])},
    ]
    types = [row.type for row in await town.rows(Event, subject_type="hour_entry")]
    assert types == ["HoursEntered"] * 5 + ["HoursVerified"] * 4 + ["HoursRefused"]


async def test_entries_decided_at_once_are_all_counted(town: Town) -> None:
    lan = await registered(town)
    await town.member("secretary", "community_secretary")
    secretary = await town.actor("secretary")
    entries = [await enter(town, lan, 60, day=day) for day in range(6)]
    await asyncio.gather(*(verify(town, secretary, entry_id) for entry_id in entries))
    assert await standing(town) == (360, 0)


async def test_one_entry_is_decided_once(town: Town) -> None:
    lan = await registered(town)
    for username in ("first", "second"):
        await town.member(username, "community_secretary")
    entry_id = await enter(town, lan, 60)
    verifiers = [await town.actor(username) for username in ("first", "second")]

    async def attempt(actor: Actor) -> str:
        try:
            await verify(town, actor, entry_id)
        except AppError as error:
            return error.code
        return "decided"

    outcomes = await asyncio.gather(*(attempt(actor) for actor in verifiers))
    assert sorted(outcomes) == ["HOURS_DECIDED_ALREADY", "decided"]
    assert await standing(town) == (60, 0)


async def test_entries_made_at_once_never_fill_more_than_a_day(town: Town) -> None:
    lan = await registered(town)

    async def attempt() -> str:
        try:
            await enter(town, lan, 600)
        except AppError as error:
            return error.code
        return "entered"

    outcomes = await asyncio.gather(*(attempt() for _ in range(4)))
    assert sorted(outcomes) == ["HOURS_OVER_A_DAY"] * 2 + ["entered"] * 2
    assert [row.minutes for row in await town.rows(HourEntry)] == [600, 600]


async def test_verifying_needs_sight_and_right(town: Town) -> None:
    lan = await registered(town)
    entry_id = await enter(town, lan, 60)
    await town.member("far", "first_secretary", WEST)
    await town.member("admin", "tenant_admin")
    with pytest.raises(NotFound):
        await verify(town, await town.actor("far"), entry_id)
    with pytest.raises(NotPermitted):
        await verify(town, await town.actor("admin"), entry_id)
    with pytest.raises(NotPermitted):
        await verify(town, lan, entry_id)
    (entry,) = await town.rows(HourEntry)
    assert (entry.status, entry.verified_by_id, entry.decided_at) == ("ENTERED", None, None)


async def test_another_star_policy_counts_everybody_anew(town: Town) -> None:
    lan = await registered(town)
    await registered(town, "mei")
    await town.member("secretary", "community_secretary")
    await verify(town, await town.actor("secretary"), await enter(town, lan, 200))
    changed = []
    for thresholds in ((1, 2, 3), (1, 2, 3), (4,)):
        manifest = with_stars(await town.manifest(), *thresholds)
        async with town.services.transactions.open(town.system) as session:
            changed.append(await provision(session, manifest, tenant_id=town.tenant_id))
        changed.extend(sorted(row.stars for row in await town.rows(Volunteer)))
    assert changed == [1, 0, 3, 0, 0, 3, 1, 0, 0]
