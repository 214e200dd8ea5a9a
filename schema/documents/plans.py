"""The plan of an operation's cost: a tree of fixed points and of the sizes that multiply them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

DEFAULT_PAGE = 20
MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation may cost at most, before it runs.

    requested: points. objects: the part of them that stands for JSON objects of ``data``, itself included. nodes: how
    many objects with an id there may be.
    """

    requested: int
    nodes: int
    objects: int


@dataclass(frozen=True, slots=True)
class Given:
    """An argument's value: a literal, or the variable that holds it. ``otherwise`` stands in for a missing variable."""

    literal: Any = None
    variable: str | None = None
    otherwise: Any = None

    def value(self, variables: Mapping[str, Any]) -> Any:
        """What the argument holds, None for null and for nothing."""
        return self.literal if self.variable is None else variables.get(self.variable, self.otherwise)


@dataclass(frozen=True, slots=True)
class PageSize:
    """Rows of a page, 1 to MAX_PAGE: another number is refused when the operation runs."""

    sizes: tuple[Given, ...]

    def __call__(self, variables: Mapping[str, Any]) -> int:
        given = [size for each in self.sizes if isinstance(size := each.value(variables), int)]
        return min(max(1, *given), MAX_PAGE) if given else DEFAULT_PAGE


@dataclass(frozen=True, slots=True)
class ListSize:
    """As many as an argument says, a number or a list, at most ``at_most``: more is refused when the operation runs."""

    items: Given
    at_most: int

    def __call__(self, variables: Mapping[str, Any]) -> int:
        value = self.items.value(variables)
        if isinstance(value, list | tuple):
            return min(len(value), self.at_most)
        if isinstance(value, int):
            return min(max(value, 1), self.at_most)
        return self.at_most if value is None else 1


Size = PageSize | ListSize


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer, ``times`` over.

    parts: within each. choices: one of these is within each; the dearest counts.
    """

    objects: int = 0
    nodes: int = 0
    surcharge: int = 0
    times: int | Size = 1
    parts: tuple[Part, ...] = ()
    choices: tuple[Part, ...] = ()

    def total(self, variables: Mapping[str, Any]) -> tuple[int, int, int]:
        """Objects, nodes and surcharges with these variables."""
        objects, nodes, surcharge = self.objects, self.nodes, self.surcharge
        for part in self.parts:
            more = part.total(variables)
            objects, nodes, surcharge = objects + more[0], nodes + more[1], surcharge + more[2]
        if self.choices:
            choices = [choice.total(variables) for choice in self.choices]
            objects += max(choice[0] for choice in choices)
            nodes += max(choice[1] for choice in choices)
            surcharge += max(choice[2] for choice in choices)
        times = self.times if isinstance(self.times, int) else self.times(variables)
        return objects * times, nodes * times, surcharge * times

    def with_parts(self, parts: Iterable[Part]) -> Part:
        """The same with more within it; parts that are known already are added up at once."""
        objects, nodes, surcharge = self.objects, self.nodes, self.surcharge
        open_parts = list(self.parts)
        for part in parts:
            if part.is_known:
                known = part.total({})
                objects, nodes, surcharge = objects + known[0], nodes + known[1], surcharge + known[2]
            else:
                open_parts.append(part)
        return replace(self, objects=objects, nodes=nodes, surcharge=surcharge, parts=tuple(open_parts))

    @property
    def is_known(self) -> bool:
        """Whether no variable changes it."""
        return isinstance(self.times, int) and not self.parts and not self.choices
