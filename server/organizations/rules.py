"""Where an organization may stand in its city's tree, and its path (DY-18, sources.md 1.9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from server.errors import RuleViolation

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A level of the city: rank 0 (household) to 7 (city), the kinds that may stand there, whether grids attach."""

    code: str
    rank: int
    kinds: frozenset[str]
    grids: bool = False


@dataclass(frozen=True, slots=True)
class TreeRules:
    """The levels by code, and the chains of level codes from the highest to the lowest."""

    levels: Mapping[str, LevelRule]
    chains: tuple[tuple[str, ...], ...]


def level_of(rules: TreeRules, level: str) -> LevelRule:
    """The rule of a level. Raises LEVEL_NOT_LISTED."""
    rule = rules.levels.get(level)
    if rule is None:
        raise RuleViolation(
            "This city has no level {level}; it has {listed}.",
            code="LEVEL_NOT_LISTED",
            field=("level",),
            level=level,
            listed=", ".join(rules.levels),
        )
    return rule


def parent_levels(rules: TreeRules, level: str) -> frozenset[str | None]:
    """The levels right above ``level`` in the chains that name it; None among them where it is the top of one."""
    return frozenset(
        chain[chain.index(level) - 1] if chain.index(level) else None for chain in rules.chains if level in chain
    )


def check_placement(rules: TreeRules, *, level: str, kind: str, parent_level: str | None) -> LevelRule:
    """The rule of the level for an organization that may stand there, under a parent of ``parent_level`` (None: a root).

    Raises LEVEL_NOT_LISTED, KIND_NOT_ALLOWED, LEVEL_SKIPPED: the parent is of the level right above in some chain.
    """
    rule = level_of(rules, level)
    if kind not in rule.kinds:
        raise RuleViolation(
            "Kind {kind} does not stand at level {level}; {allowed} may.",
            code="KIND_NOT_ALLOWED",
            field=("kind",),
            kind=kind,
            level=level,
            allowed=", ".join(sorted(rule.kinds)),
        )
    above = parent_levels(rules, level)
    if not above:
        raise RuleViolation(
            "Level {level} is on no chain of this city.",
            code="LEVEL_NOT_LISTED",
            field=("level",),
            level=level,
        )
    if parent_level not in above:
        raise RuleViolation(
            "An organization of level {level} stands under {above}, not under {parent}.",
            code="LEVEL_SKIPPED",
            field=("parentId",),
            level=level,
            above=" or ".join(sorted(code or "nothing" for code in above)),
            parent=parent_level or "nothing",
        )
    return rule


def path_of(parent_path: str, code: str) -> str:
    """The path of an organization: the codes from the root, each followed by "/"; parent_path "" for a root.

    Raises ORGANIZATION_CODE_INVALID for a code that could break a path or a policy line.
    """
    if not _CODE.fullmatch(code):
        raise RuleViolation(
            "A code is up to 63 lower-case letters, digits, hyphens and underscores.",
            code="ORGANIZATION_CODE_INVALID",
            field=("code",),
        )
    return f"{parent_path}{code}/"


def is_within(path: str, ancestor_path: str) -> bool:
    """Whether a path lies in the subtree of another, the other itself included."""
    return path.startswith(ancestor_path)
