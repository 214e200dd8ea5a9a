"""How large the buckets are: by client plan, for a whole tenant, and for callers who are not signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.settings import Settings

_EXTENDED = 4


@dataclass(frozen=True, slots=True)
class Budget:
    """A bucket's size in points, and how many points come back to it each second. Both at least 1."""

    capacity: int
    restore: int


@dataclass(frozen=True, slots=True)
class Budgets:
    """The budgets of an installation. tenant: of all clients of one tenant together. client: by plan, ``anonymous`` too."""

    tenant: Budget
    client: Mapping[str, Budget]

    def of(self, plan: str) -> Budget:
        """The budget of one client of that plan: ``standard``, ``extended``, or ``anonymous``."""
        return self.client[plan]


def budgets_of(settings: Settings) -> Budgets:
    """The budgets that the settings name; an extended plan has four times the standard one."""
    standard = Budget(settings.cost_capacity, settings.cost_restore)
    return Budgets(
        tenant=Budget(settings.tenant_cost_capacity, settings.tenant_cost_restore),
        client={
            "standard": standard,
            "extended": Budget(standard.capacity * _EXTENDED, standard.restore * _EXTENDED),
            "anonymous": Budget(settings.anonymous_cost_capacity, settings.anonymous_cost_restore),
        },
    )
