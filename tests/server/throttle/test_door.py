"""Who asks on after a refusal is refused without a look at the request, for a second at most."""

from __future__ import annotations

import asyncio

from server.throttle.door import Door


def insist(door: Door, who: str, seconds: float, times: int) -> None:
    for _ in range(times):
        door.refused(who, seconds)


def test_the_tenth_refusal_within_a_second_closes_the_door_to_that_one_only() -> None:
    door = Door()
    insist(door, "noisy", 30, 9)
    assert door.closed("noisy") is None
    door.refused("noisy", 30)
    left = door.closed("noisy")
    assert left is not None
    assert 29 < left <= 30
    assert door.closed("quiet") is None


async def test_the_door_opens_when_the_points_are_there() -> None:
    door = Door()
    insist(door, "noisy", 0.05, 10)
    left = door.closed("noisy")
    assert left is not None
    assert 0 < left <= 0.05
    async with asyncio.timeout(0.9):  # long before a second is over
        while door.closed("noisy") is not None:  # noqa: ASYNC110 - nothing tells of the time
            await asyncio.sleep(0.01)


async def test_the_door_opens_after_a_second_for_what_costs_less_than_was_refused() -> None:
    door = Door()
    insist(door, "noisy", 300, 10)
    async with asyncio.timeout(5):
        while door.closed("noisy") is not None:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.01)
    door.refused("noisy", 300)  # a new second, a new count
    assert door.closed("noisy") is None


def test_no_more_than_the_latest_thousand_are_remembered() -> None:
    door = Door()
    insist(door, "noisy", 30, 10)
    for number in range(1_023):
        door.refused(str(number), 30)
    assert door.closed("noisy") is not None
    door.refused("one more", 30)
    assert door.closed("noisy") is None
    assert len(door._known) == 1_024
