"""Budgets of query cost: two token buckets per request, the tenant's and the client's, shared by all processes.

Each process spends from allotments, so that most requests need no round trip. While Valkey is away every process counts
for itself, with the same budgets.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from server.throttle import bucket
from server.throttle.budgets import Budget, Budgets
from server.throttle.door import Door
from server.throttle.holding import Holding, clock
from server.throttle.link import Away, Link
from server.throttle.names import Owner, holding_of, owner_of
from server.throttle.scripts import GIVE_BACK, TAKE
from server.throttle.turns import Turns

_TEND_SECONDS = 0.25
_MOST_KNOWN = 10_000
_KEYS_PER_CALL = 100
_WAITS = 0.02
_WAITS_FIRST = 0.1
_AT_ONCE = 12  # as many as the database has connections for, as shipped

_Part = tuple[Holding, int, int]  # a holding, the points to put back of it, and those it owes


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a request may run.

    available: points left. budget: of the bucket told of, the client's; on a refusal that of the bucket that was short.
    retry_after: seconds until it has enough; None when the request was granted, and when it costs more than a full
    bucket holds and so can never be.
    """

    granted: bool
    available: int
    budget: Budget
    retry_after: float | None = None


@dataclass(slots=True)
class _Question:
    """What is asked of Valkey. waited_for: whether a request still waits for the answer."""

    holdings: Sequence[Holding]
    points: int
    answer: Admission | None = None
    waited_for: bool = True


class Throttle:
    """The budgets of all tenants and clients, as one process spends them.

    remembers: how many buckets it keeps in mind; those unused for longest are dropped, their points returned.
    waits: for how many seconds a request waits for Valkey when the process knows the buckets. turns: who of those who were granted runs next. door: who need not be listened to at all now.
    """

    def __init__(
        self,
        redis_url: str,
        budgets: Budgets,
        *,
        remembers: int = _MOST_KNOWN,
        at_once: int = _AT_ONCE,
        waits: float = _WAITS,
    ) -> None:
        self.budgets = budgets
        self.turns = Turns(at_once)
        self.door = Door()
        self._link = Link(redis_url)
        self._remembers = remembers
        self._waits = waits
        self._known: OrderedDict[Owner, Holding] = OrderedDict()
        self._dropped: list[Holding] = []
        self._closing = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[None]] = set()

    @property
    def alone(self) -> bool:
        """Whether this process counts for itself, because Valkey is away."""
        return self._link.away

    async def start(self) -> None:
        """Begin to return unused points, and to look for Valkey when it is away. It need not be there yet."""
        self._keeper = asyncio.create_task(self._keep(), name="throttle")

    async def close(self) -> None:
        """Return what is left, and let go of Valkey."""
        self._closing.set()  # a cancellation that meets an answer of Valkey may be lost on the way
        if self._keeper is not None:
            await self._keeper
        if self._asking:
            await asyncio.wait(self._asking)
        self._dropped += self._known.values()
        self._known.clear()
        await self.tend()
        await self._link.close()

    async def take(self, tenant_id: UUID | None, client: str, budget: Budget, points: int) -> Admission:
        """Take ``points`` (0 or more) from the tenant's bucket and the client's, from both or from neither.

        Without a tenant ``client`` is the address of a caller who has not signed in, and there is one bucket. Never
        raises for Valkey's sake. Waits for it at most 0.1 s, and less when this process has heard of the buckets of
        late: then it decides by that, and what Valkey grants afterwards is at hand for the next request.
        """
        holdings = self._holdings(tenant_id, client, budget)
        decided = _at_hand(holdings, points)
        if decided is not None:
            return decided
        if self._link.away:
            return _alone(holdings, points)
        question = _Question(holdings, points)
        asking = asyncio.create_task(self._ask_in_turn(question))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        known = all(holding.known(clock()) for holding in holdings)
        try:
            await asyncio.wait({asking}, timeout=self._waits if known else max(self._waits, _WAITS_FIRST))
        finally:
            question.waited_for = False
        return question.answer or _alone(holdings, points)

    def give_back(self, tenant_id: UUID | None, client: str, points: int) -> None:
        """Put back what a granted request did not use, for the next one here or, within a second, anywhere."""
        client_owner = owner_of(tenant_id, client)
        for owner in {client_owner, (tenant_id, None)}:
            if (holding := self._known.get(owner)) is not None:
                holding.held += points

    async def tend(self) -> None:
        """Return the points that others should have; or look whether Valkey is back."""
        await self._link.probe()
        if self._link.away:
            for holding in self._known.values():
                holding.put_back_alone()
            self._dropped.clear()
            return
        now = clock()
        touched = [holding for holding in self._known.values() if holding.held or holding.owed]
        unused = [(holding, holding.surplus(now), holding.settle(now)) for holding in touched]
        unused += [(holding, holding.held, holding.settle(now)) for holding in self._dropped]
        self._dropped.clear()
        returning: defaultdict[str, list[_Part]] = defaultdict(list)
        for part in unused:
            if part[1] or part[2]:
                returning[part[0].tag].append(part)
        for parts in returning.values():
            for start in range(0, len(parts), _KEYS_PER_CALL):
                await self._return(parts[start : start + _KEYS_PER_CALL])

    async def _keep(self) -> None:
        while not self._closing.is_set():
            await self.tend()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TEND_SECONDS):
                    await self._closing.wait()

    def _holdings(self, tenant_id: UUID | None, client: str, budget: Budget) -> list[Holding]:
        """The client's bucket, then the tenant's if there is one."""
        found = [self._holding(owner_of(tenant_id, client), budget)]
        if tenant_id is not None:
            found.append(self._holding((tenant_id, None), self.budgets.tenant))
        return found

    def _holding(self, owner: Owner, budget: Budget) -> Holding:
        holding = self._known.get(owner)
        if holding is None:
            holding = self._known[owner] = holding_of(owner, budget)
            if len(self._known) > self._remembers:
                _, oldest = self._known.popitem(last=False)
                self._dropped.append(oldest)
            return holding
        self._known.move_to_end(owner)
        holding.budget = budget  # the city may have changed the client's plan
        return holding

    async def _ask_in_turn(self, question: _Question) -> None:
        with contextlib.suppress(Away):
            async with self._link.turn():
                if question.waited_for:
                    # Whoever had the turn before may have brought enough for this request too.
                    question.answer = _at_hand(question.holdings, question.points) or await self._ask(question)

    async def _ask(self, question: _Question) -> Admission:
        """Let Valkey decide, and take allotments along; all it gives when nobody waits any more. Errors: Away."""
        asked, points = [], question.points
        for holding in question.holdings:
            spare = holding.spare(clock())
            reserved = min(spare, points)  # nobody else here may spend it meanwhile
            holding.held -= reserved
            # Not what is held counts but what may be spent: a bucket that is full again makes the rest worth nothing.
            extra = max(0, holding.keep - (spare - reserved) - holding.expected)
            holding.expected += extra
            asked.append((holding, reserved, points - reserved, extra))
        arguments = [
            bucket.worth(part, holding.budget)
            for holding, _, need, extra in asked
            for part in (holding.budget.capacity, need, need + extra)
        ]
        granted = stamp = 0
        try:
            granted, stamp, *told = await self._link.run(
                TAKE, [holding.key for holding in question.holdings], arguments
            )
        finally:
            spending = granted and question.waited_for
            for holding, reserved, _, extra in asked:
                holding.expected -= extra
                holding.held += 0 if spending else reserved
        now = clock()
        for (holding, _, need, extra), taken, left in zip(asked, told[::2], told[1::2], strict=True):
            holding.hear(now, stamp, left)
            if granted:
                holding.held += min(need + extra, bucket.points_in(taken, holding.budget)) - (need if spending else 0)
                holding.used_at = now
        return _granted(question.holdings, now) if granted else _refused(question.holdings, points, now)

    async def _return(self, parts: Sequence[_Part]) -> None:
        """Put points back into the shared buckets, or if Valkey has gone, into the process's own; and pay debts."""
        worth = []
        for holding, points, owed in parts:
            back = points * bucket.SECOND // holding.budget.restore
            holding.held -= points
            holding.full_at -= back
            worth.append(back - bucket.worth(owed, holding.budget))
        try:
            async with self._link.turn():
                await self._link.run(GIVE_BACK, [holding.key for holding, _, _ in parts], worth)
        except Away:
            for holding, _, owed in parts:
                holding.owed += owed


def _at_hand(holdings: Sequence[Holding], points: int) -> Admission | None:
    """What can be decided without asking Valkey; None when it has to be asked."""
    now = clock()
    for holding in holdings:
        if holding.spare(now) < points:
            break
    else:
        for holding in holdings:
            holding.spend(now, points)
        return _granted(holdings, now)
    smallest = min(holdings, key=lambda holding: holding.budget.capacity)
    if points > smallest.budget.capacity:
        return Admission(False, smallest.available(now), smallest.budget)
    if any(holding.lacks(now, points) for holding in holdings):
        return _refused(holdings, points, now)
    return None


def _alone(holdings: Sequence[Holding], points: int) -> Admission:
    """The decision of the process's own buckets."""
    now = clock()
    if any(holding.wait(now, points) for holding in holdings):
        return _refused(holdings, points, now)
    for holding in holdings:
        holding.spend_alone(now, points)
    return _granted(holdings, now)


def _granted(holdings: Sequence[Holding], now: int) -> Admission:
    return Admission(True, holdings[0].available(now), holdings[0].budget)


def _refused(holdings: Sequence[Holding], points: int, now: int) -> Admission:
    short = max(holdings, key=lambda holding: holding.wait(now, points))
    return Admission(False, short.available(now), short.budget, short.wait(now, points) / bucket.SECOND)
