"""The five people of a city who drive its cases."""

from __future__ import annotations

from dataclasses import dataclass

RESIDENT, DISPATCHER, WORKER, SECRETARY, SUPERVISOR = "resident", "dispatcher", "worker", "secretary", "supervisor"
PEOPLE = (RESIDENT, DISPATCHER, WORKER, SECRETARY, SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a city. rights: as the manifest gives them to the role.

    place: where on the chain of levels, 0 at the top; None for the grid alone, or, as a resident, for oneself.
    """

    city: str
    name: str
    role: str
    rights: frozenset[str]
    place: int | None = None

    @property
    def serves(self) -> bool:
        """Whether it is one of the staff."""
        return self.name != RESIDENT

    def covers(self, level: int, home: int) -> bool:
        """Whether the person's place is at or above a level of the branch; the grid alone is what lies at ``home``."""
        return self.serves and (level == home if self.place is None else self.place <= level)
