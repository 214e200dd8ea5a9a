"""What the walk asks: every place of the API that takes an id, as an operation with a gap where the id goes.

The sites themselves are made of the schema (``schema.isolation``); here is the form they come in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tested:
    """The gap: where a foreign, a hidden or an unknown id stands."""


@dataclass(frozen=True, slots=True)
class Near:
    """A thing of this kind that the caller may see, so that the gap alone can be what is refused."""

    kind: str


@dataclass(frozen=True, slots=True)
class VersionOfNear:
    """The version of what ``Near`` of the same kind stands for; 1 where there is none."""

    kind: str


@dataclass(frozen=True, slots=True)
class Site:
    """One place that takes an id.

    name: coordinates, like ``mergeCase(input.intoCaseId: case)``. kind: prefix of the ids that belong there. variables:
    JSON values with gaps. permission: what a mutation asks for before anything else, None where nothing is.
    """

    name: str
    document: str
    kind: str
    variables: Mapping[str, Any]
    permission: str | None = None
    changes: bool = False


@dataclass(frozen=True, slots=True)
class Atlas:
    """All there is to walk. tables: name of the table by kind."""

    sites: tuple[Site, ...]
    tables: Mapping[str, str]


def filled(value: Any, gaps: Mapping[object, Any]) -> Any:
    """A variable's value with its gaps filled; gaps by what stands in them."""
    if isinstance(value, Tested | Near | VersionOfNear):
        return gaps[value]
    if isinstance(value, Mapping):
        return {name: filled(inner, gaps) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled(inner, gaps) for inner in value]
    return value


def gaps_of(value: Any) -> set[Tested | Near | VersionOfNear]:
    """What has to be filled in a value."""
    if isinstance(value, Tested | Near | VersionOfNear):
        return {value}
    if isinstance(value, Mapping):
        return set().union(*(gaps_of(inner) for inner in value.values()), set())
    if isinstance(value, list | tuple):
        return set().union(*(gaps_of(inner) for inner in value), set())
    return set()
