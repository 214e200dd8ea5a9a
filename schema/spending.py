"""What an operation costs its client: points taken from the budget before it runs, and given back when it used less.

Told to the client in ``extensions.cost``, in the shape that Shopify's API made known.
"""

from __future__ import annotations

import math
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from schema.context import Context
from schema.documents.cost import Cost
from schema.documents.limits import Limits
from schema.faults import RequestFault
from server.throttle.names import network_of
from server.throttle.service import Admission, Throttle

_ANONYMOUS = "anonymous"
_THROTTLED = "THROTTLED"


@dataclass(slots=True)
class Spending:
    """The points of one operation. ``requested`` is what was asked of the budget, ``returned`` what came back."""

    throttle: Throttle
    bucket: tuple[Any, str]
    admission: Admission
    requested: int
    returned: int = field(default=0)

    @classmethod
    async def open(cls, context: Context, cost: Cost) -> Spending:
        """Take the points of an operation, if the city's and the client's budgets have them."""
        throttle = context.services.throttle
        bucket = _bucket(context)
        plan = context.client.plan if context.actor is not None else _ANONYMOUS
        admission = await throttle.take(*bucket, throttle.budgets.of(plan), cost.requested)
        return cls(throttle, bucket, admission, cost.requested)

    @property
    def granted(self) -> bool:
        """Whether the operation may run."""
        return self.admission.granted

    @property
    def retry_after(self) -> float | None:
        """Seconds until the budget may have enough; None when it never will."""
        return self.admission.retry_after

    def turn(self) -> AbstractAsyncContextManager[None]:
        """A place among the operations that run at once; waits for it."""
        tenant_id, client = self.bucket
        return self.throttle.turns.of(tenant_id or network_of(client))

    def give_back(self, points: int) -> None:
        """Return what was not used."""
        if points > 0:
            self.returned += points
            self.throttle.give_back(*self.bucket, points)

    def told(self) -> dict[str, Any]:
        """``extensions.cost``; points, and points per second."""
        budget = self.admission.budget
        return {
            "requestedQueryCost": self.requested,
            "actualQueryCost": self.requested - self.returned if self.granted else None,
            "throttleStatus": {
                "maximumAvailable": budget.capacity,
                "currentlyAvailable": min(budget.capacity, math.floor(self.admission.available) + self.returned),
                "restoreRate": budget.restore,
            },
        }

    def refusal(self) -> RequestFault:
        """Why the operation does not run, and when it may."""
        capacity = self.admission.budget.capacity
        if self.retry_after is None:
            return RequestFault(
                "This may cost {cost} points and a full budget holds {capacity}, so waiting does not help: make pages "
                "smaller, or ask in several requests.",
                code="QUERY_TOO_COMPLEX",
                told={"limit": "budget", "allowed": capacity, "cost": self.requested, "capacity": capacity},
                cost=self.requested,
                capacity=capacity,
            )
        return RequestFault(
            "The budget does not hold the {cost} points of this now; try again after the time stated.",
            code=_THROTTLED,
            told=_waiting(self.retry_after),
            cost=self.requested,
        )


def wait(seconds: float) -> RequestFault:
    """The error for somebody who asks on before the time that was stated."""
    message = "The budget is used up; try again after the time stated."
    return RequestFault(message, code=_THROTTLED, told=_waiting(seconds))


def _waiting(seconds: float) -> dict[str, int]:
    return {"retryAfterSeconds": math.ceil(seconds)}


def too_costly(cost: Cost, limits: Limits) -> RequestFault | None:
    """The error for an operation beyond what any single operation may ask for; None when it is within."""
    if cost.nodes > limits.nodes:
        message = "This asks for up to {found} objects, one request may ask for {allowed}: make pages smaller."
        limit, found, allowed = "nodes", cost.nodes, limits.nodes
    elif cost.requested > limits.cost:
        message = "This may cost {found} points, one request may cost {allowed}: make pages smaller."
        limit, found, allowed = "cost", cost.requested, limits.cost
    else:
        return None
    told = {"limit": limit, "allowed": allowed, "cost": cost.requested, "nodes": cost.nodes}
    return RequestFault(message, code="QUERY_TOO_COMPLEX", told=told, found=found, allowed=allowed)


def _bucket(context: Context) -> tuple[Any, str]:
    """Whose budget: of the city, and in it of the program together with the account that uses it."""
    if context.actor is None:
        return None, context.peer
    return context.actor.tenant_id, f"{context.client.code}:{context.actor.account_id}"
