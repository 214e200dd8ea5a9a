"""Places: one tenant never takes them all, nobody is passed over, and who leaves leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections import Counter

from server.throttle.turns import Turns

PLACES = 12


class Crowd:
    """Operations under way: each holds its place until it is told to end."""

    def __init__(self, places: int = PLACES) -> None:
        self.turns = Turns(places)
        self.running: Counter[str] = Counter()
        self.order: list[str] = []
        self._ends: dict[str, list[asyncio.Event]] = {}

    async def operate(self, who: str) -> None:
        """One operation."""
        async with self.turns.of(who):
            self.running[who] += 1
            self.order.append(who)
            end = asyncio.Event()
            self._ends.setdefault(who, []).append(end)
            await end.wait()
            self.running[who] -= 1

    def end(self, who: str) -> None:
        """End the oldest operation of somebody."""
        self._ends[who].pop(0).set()


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_alone_one_has_half_of_the_places_and_a_newcomer_does_not_wait() -> None:
    crowd = Crowd()
    async with asyncio.TaskGroup() as group:
        noisy = [group.create_task(crowd.operate("noisy")) for _ in range(40)]
        await settle()
        assert crowd.running == {"noisy": 6}
        quiet = [group.create_task(crowd.operate("quiet")) for _ in range(2)]
        await settle()
        assert crowd.running == {"noisy": 6, "quiet": 2}
        crowd.end("noisy")
        await settle()
        assert crowd.running == {"noisy": 5, "quiet": 2}  # the share shrinks while the other one is there
        for task in (*noisy, *quiet):
            task.cancel()
    async with asyncio.timeout(1):  # all places are free again
        async with crowd.turns.of("noisy"), crowd.turns.of("noisy"), crowd.turns.of("quiet"):
            pass


async def test_places_go_to_whoever_has_the_fewest_and_then_in_turn() -> None:
    crowd = Crowd(places=2)
    async with asyncio.TaskGroup() as group:
        for who in ("a", "b", "a", "a", "b", "c"):
            group.create_task(crowd.operate(who))
        for who in ("a", "b", "a", "b", "c", "a"):
            await settle()
            assert crowd.running.total() <= 2
            assert crowd.running[who] == 1
            crowd.end(who)
    assert crowd.order == ["a", "b", "a", "b", "c", "a"]


async def test_who_leaves_while_waiting_is_not_called() -> None:
    crowd = Crowd(places=2)
    async with asyncio.TaskGroup() as group:
        group.create_task(crowd.operate("a"))
        await settle()
        leaving, staying = group.create_task(crowd.operate("a")), group.create_task(crowd.operate("a"))
        await settle()
        leaving.cancel()
        crowd.end("a")
        await settle()
        assert crowd.running == {"a": 1}
        crowd.end("a")
    assert leaving.cancelled()
    assert not staying.cancelled()
    assert crowd.order == ["a", "a"]


async def test_who_is_called_and_leaves_at_the_same_moment_passes_the_place_on() -> None:
    turns, entered = Turns(2), []

    async def operate(name: str) -> None:
        async with turns.of("a"):
            entered.append(name)

    async with asyncio.TaskGroup() as group:
        async with turns.of("a"):
            called = group.create_task(operate("called"))
            group.create_task(operate("next"))
            await settle()
        called.cancel()  # the end of the block has called it, but it has not run since
    assert called.cancelled()
    assert entered == ["next"]
