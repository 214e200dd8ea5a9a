"""Places of an activity when many want them at once."""

from __future__ import annotations

import asyncio
from uuid import UUID

from server.errors import AppError
from server.volunteers.models import Activity, ActivitySignUp
from server.volunteers.service import activities, registration
from tenants.context import Actor
from tests.fixtures.town import EAST, Town, noon


async def announced(town: Town, *, capacity: int) -> UUID:
    async with town.services.transactions.open(town.system) as session:
        return await activities.create_activity(
            session,
            organization_id=town.organizations[EAST],
            title="Planting trees",
            theme="Green streets",
            starts_at=noon(1),
            ends_at=noon(2),
            capacity=capacity,
            actor=town.system,
        )


async def registered(town: Town, username: str) -> Actor:
    await town.resident(username)
    actor = await town.actor(username)
    async with town.services.transactions.open(actor) as session:
        await registration.register_volunteer(session, skills=(), actor=actor)
    return await town.actor(username)


async def attempt(town: Town, activity_id: UUID, actor: Actor) -> str:
    """``taken``, or the code of the refusal."""
    try:
        async with town.services.transactions.open(actor) as session:
            await activities.sign_up_for_activity(session, activity_id=activity_id, actor=actor)
    except AppError as error:
        return error.code
    return "taken"


async def places(town: Town, activity_id: UUID) -> tuple[int, int]:
    """(places counted, places in the list)"""
    (activity,) = await town.rows(Activity, id=activity_id)
    return activity.signed_up, len(await town.rows(ActivitySignUp, activity_id=activity_id))


async def test_as_many_as_there_are_places_win(town: Town) -> None:
    activity_id = await announced(town, capacity=3)
    actors = [await registered(town, f"volunteer{number}") for number in range(8)]
    outcomes = await asyncio.gather(*(attempt(town, activity_id, actor) for actor in actors))
    assert sorted(outcomes) == ["ACTIVITY_FULL"] * 5 + ["taken"] * 3
    assert await places(town, activity_id) == (3, 3)


async def test_one_volunteer_takes_one_place_however_often_they_ask(town: Town) -> None:
    activity_id = await announced(town, capacity=3)
    actor = await registered(town, "lan")
    outcomes = await asyncio.gather(*(attempt(town, activity_id, actor) for _ in range(5)))
    assert sorted(outcomes) == ["ACTIVITY_SIGNED_UP_ALREADY"] * 4 + ["taken"]
    assert await places(town, activity_id) == (1, 1)


async def test_places_given_back_while_others_sign_up_stay_counted(town: Town) -> None:
    activity_id = await announced(town, capacity=4)
    leaving = [await registered(town, f"leaving{number}") for number in range(4)]
    for actor in leaving:
        assert await attempt(town, activity_id, actor) == "taken"
    coming = [await registered(town, f"coming{number}") for number in range(4)]

    async def leave(actor: Actor) -> None:
        async with town.services.transactions.open(actor) as session:
            await activities.cancel_sign_up(session, activity_id=activity_id, actor=actor)

    outcomes = await asyncio.gather(
        *(leave(actor) for actor in leaving),
        *(attempt(town, activity_id, actor) for actor in coming),
    )
    taken = outcomes.count("taken")
    assert outcomes.count("ACTIVITY_FULL") == 4 - taken
    assert await places(town, activity_id) == (taken, taken)
