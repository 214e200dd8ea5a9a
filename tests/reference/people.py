"""Who asks, and what they may do where: roles from appointments in force, rights from the city's policy rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.reference.rows import Row, World

Grant = tuple[str, str, str | None, UUID | None]


@dataclass(slots=True)
class Reach:
    """Where one right holds: in the whole city, below paths, in grids, for one's own things."""

    city: bool = False
    paths: set[str] = field(default_factory=set)
    grids: set[UUID] = field(default_factory=set)
    own: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """The caller. member and resident: ids of the person behind the account; reach: by right, ``area:verb``.

    grants: the roles in force, each with its place.
    """

    account: Row
    member: UUID | None
    resident: UUID | None
    roles: frozenset[str]
    reach: dict[str, Reach]
    grants: tuple[Grant, ...] = ()

    def may(self, right: str) -> bool:
        """Whether a role in force gives the right, wherever."""
        return right in self.reach

    def there(self, right: str, path: str, grid: UUID | None = None) -> bool:
        """Whether the right holds at a place."""
        reach = self.reach.get(right, Reach())
        return reach.city or any(path.startswith(above) for above in reach.paths) or grid in reach.grids

    def owns(self, right: str) -> bool:
        """Whether the right holds for the caller's own things."""
        return self.reach.get(right, Reach()).own

    def is_me(self, *, member: Any = None, resident: Any = None) -> bool:
        """Whether one of the ids is the caller's own."""
        return (member is not None and member == self.member) or (resident is not None and resident == self.resident)


def person(world: World, username: str, now: datetime) -> Person:
    """The holder of an account at this moment."""
    (account,) = world.where("account", "username", username)
    member = world.one("member", account["member_id"])
    serving = member["id"] if member is not None and member["status"] == "ACTIVE" else None
    resident = account["resident_id"]
    grants = [*_appointed(world, serving, now), *_standing(world, serving, resident)]
    reach: dict[str, Reach] = {}
    for role, scope, path, grid in grants:
        for rule in world.where("policy_rule", "role", role):
            found = reach.setdefault(f"{rule['object']}:{rule['action']}", Reach())
            found.city |= scope == "TENANT"
            found.own |= scope == "OWN"
            found.paths |= {path} if path is not None else set()
            found.grids |= {grid} if grid is not None else set()
    return Person(account, serving, resident, frozenset(role for role, *_place in grants), reach, tuple(grants))


def _appointed(world: World, member: UUID | None, now: datetime) -> list[Grant]:
    """Roles of appointments in force on this day of the city: (role, scope, path, grid)."""
    today = now.astimezone(ZoneInfo(world.tenant["time_zone"])).date()
    found: list[Grant] = []
    for row in world.where("appointment", "member_id", member):
        over = row["ended_at"] is not None or (row["ends_on"] is not None and row["ends_on"] < today)
        if not over and row["starts_on"] <= today:
            organization = world.one("organization", row["organization_id"])
            found.append((row["role"], row["scope"], organization["path"] if organization else None, row["grid_id"]))
    return found


def _standing(world: World, member: UUID | None, resident: UUID | None) -> list[Grant]:
    """What residents are by nature, and what registered volunteers are."""
    registered = world.where("volunteer", "member_id", member) + world.where("volunteer", "resident_id", resident)
    roles = (["resident"] if resident else []) + (["volunteer"] if registered else [])
    return [(role, "OWN", None, None) for role in roles]
