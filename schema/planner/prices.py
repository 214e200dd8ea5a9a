"""What a field declares about its price, next to its description, where the type alone does not say it."""

from __future__ import annotations

from dataclasses import dataclass

KEY = "price"


@dataclass(frozen=True, slots=True)
class Price:
    """at_most: how many objects a list may hold. by: the argument that says it, as a number or by its own items.

    surcharge: points for work that no object shows, each time the field is answered.
    """

    at_most: int = 1
    by: str | None = None
    surcharge: int = 0


def listed(at_most: int, *, by: str | None = None, surcharge: int = 0) -> dict[str, Price]:
    """The ``metadata`` of a list of objects that is no page: the server never answers with more than ``at_most``."""
    return {KEY: Price(at_most, by, surcharge)}
