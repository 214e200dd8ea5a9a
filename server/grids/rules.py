"""Which grids a city may cut, where they attach, and when a size is out of bounds (JM-04, HS-02)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.errors import RuleViolation


class SizeVerdict(StrEnum):
    """How a grid's households compare with its kind's target; a flag for the city, never a refusal."""

    WITHIN = "WITHIN"
    TOO_SMALL = "TOO_SMALL"
    TOO_LARGE = "TOO_LARGE"
    EXEMPT = "EXEMPT"


@dataclass(frozen=True, slots=True)
class GridKind:
    """A kind of grid; target_households None for kinds without a size (dedicated grids, JM-04)."""

    code: str
    target_households: int | None = None
    tolerance_percent: int = 20


@dataclass(frozen=True, slots=True)
class SizeCheck:
    """The verdict with the bounds it was made by, both inclusive; None for an exempt kind."""

    verdict: SizeVerdict
    least: int | None
    most: int | None


def kind_of(kinds: Mapping[str, GridKind], code: str) -> GridKind:
    """The kind of this code in the city's grid policy. Raises GRID_KIND_NOT_LISTED."""
    kind = kinds.get(code)
    if kind is None:
        raise RuleViolation(
            "This city cuts no {kind} grids; its kinds are {listed}.",
            code="GRID_KIND_NOT_LISTED",
            field=("kind",),
            kind=code,
            listed=", ".join(kinds) or "not set",
        )
    return kind


def check_attachment(level: str, levels_with_grids: frozenset[str]) -> None:
    """Raise GRID_LEVEL_NOT_ALLOWED unless grids attach to organizations of this level."""
    if level not in levels_with_grids:
        raise RuleViolation(
            "Grids do not attach to level {level}, only to {allowed}.",
            code="GRID_LEVEL_NOT_ALLOWED",
            field=("organizationId",),
            level=level,
            allowed=", ".join(sorted(levels_with_grids)) or "none",
        )


def size_check(kind: GridKind, households: int) -> SizeCheck:
    """Compare households with target and tolerance (bounds rounded into the tolerance). Raises GRID_HOUSEHOLDS_NEGATIVE."""
    if households < 0:
        raise RuleViolation("Households are 0 or more.", code="GRID_HOUSEHOLDS_NEGATIVE", field=("households",))
    if kind.target_households is None:
        return SizeCheck(SizeVerdict.EXEMPT, None, None)
    least = max(0, -(-kind.target_households * (100 - kind.tolerance_percent) // 100))
    most = kind.target_households * (100 + kind.tolerance_percent) // 100
    if households < least:
        return SizeCheck(SizeVerdict.TOO_SMALL, least, most)
    if households > most:
        return SizeCheck(SizeVerdict.TOO_LARGE, least, most)
    return SizeCheck(SizeVerdict.WITHIN, least, most)
