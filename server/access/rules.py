"""What is said of a decision, and what another role table would change (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class Why(StrEnum):
    """One reason for a decision, or against it."""

    GIVES = "GIVES"
    TAKES_PART = "TAKES_PART"
    ELSEWHERE = "ELSEWHERE"
    NOT_BEGUN = "NOT_BEGUN"
    ENDED = "ENDED"
    POSTING_MISSING = "POSTING_MISSING"
    NOT_DELEGATED = "NOT_DELEGATED"
    UNSEEN = "UNSEEN"
    NO_ROLE = "NO_ROLE"
    NO_ACCOUNT = "NO_ACCOUNT"
    ACCOUNT_DISABLED = "ACCOUNT_DISABLED"
    AUTHENTICATOR_MISSING = "AUTHENTICATOR_MISSING"
    MEMBER_LEFT = "MEMBER_LEFT"
    HEALTH_BY_DESIGN = "HEALTH_BY_DESIGN"
    SEALED_BY_DESIGN = "SEALED_BY_DESIGN"
    SUPPORT = "SUPPORT"


@dataclass(frozen=True, slots=True)
class Reason:
    """role, appointment_id, scope: of the role it is about, None for no role. path: of an organization's subtree.

    ended_on: the last day of a term that is over.
    """

    why: Why
    role: str | None = None
    appointment_id: UUID | None = None
    scope: str | None = None
    path: str | None = None
    grid_id: UUID | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Powers:
    """What a role of a role table gives, and in which scope new appointments hold it."""

    scope: str
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What becomes of a role. people: how many have it now; reaches: scope -> people, where those hold it.

    scope_before, scope_after: of new appointments; None for a role that is not in the table.
    """

    role: str
    people: int
    reaches: Mapping[str, int]
    appeared: tuple[str, ...]
    vanished: tuple[str, ...]
    scope_before: str | None
    scope_after: str | None


def compare(
    before: Mapping[str, Powers],
    after: Mapping[str, Powers],
    held: Mapping[str, tuple[int, Mapping[str, int]]],
) -> tuple[RoleChange, ...]:
    """The roles that change, by slug. held: role -> (people who have it now, scope -> people)."""
    changes = []
    for role in sorted({*before, *after}):
        old, new = before.get(role), after.get(role)
        if old == new:
            continue
        had = old.permissions if old else frozenset()
        has = new.permissions if new else frozenset()
        people, reaches = held.get(role, (0, {}))
        changes.append(
            RoleChange(
                role=role,
                people=people,
                reaches=reaches,
                appeared=tuple(sorted(has - had)),
                vanished=tuple(sorted(had - has)),
                scope_before=old.scope if old else None,
                scope_after=new.scope if new else None,
            ),
        )
    return tuple(changes)
