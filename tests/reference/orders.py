"""The orders of each type, and what it means that one row comes before another in one of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from tests.reference.rows import Row


@dataclass(frozen=True, slots=True)
class Order:
    """Columns to sort by, each from below or (``-`` before its name) from above; nulls come last.

    The id breaks ties, the way of the last column, unless the columns are unique together.
    """

    columns: tuple[str, ...] = ()
    unique: bool = False

    @property
    def keys(self) -> list[tuple[str, bool]]:
        """Columns with whether they are sorted from above."""
        named = [(column.lstrip("-"), column.startswith("-")) for column in self.columns]
        return named if self.unique else [*named, ("id", named[-1][1] if named else False)]

    def alone(self, row: Row) -> tuple[Any, ...]:
        """The row's values in the columns that are unique together; none if they are not."""
        return tuple(row[column] for column, _descending in self.keys) if self.unique else ()

    def compare(self, one: Row, other: Row) -> int:
        """Negative when ``one`` comes first, positive when ``other`` does, 0 for the same place."""
        for column, descending in self.keys:
            here, there = one[column], other[column]
            if here == there:
                continue
            if here is None or there is None:
                return 1 if here is None else -1
            return 1 if (here > there) is not descending else -1
        return 0

    def sorted(self, rows: list[Row]) -> list[Row]:
        """The rows in this order."""
        return sorted(rows, key=cmp_to_key(self.compare))


ORDERS: dict[str, dict[str, Order]] = {
    "Activity": {"STARTS_DESC": Order(("-starts_at",)), "STARTS_ASC": Order(("starts_at",))},
    "ApiKey": {"CREATED_DESC": Order(("-created_at",))},
    "Application": {"NAME_ASC": Order(("name",), unique=True), "REGISTERED_DESC": Order(("-registered_at",))},
    "Case": {
        "REPORTED_DESC": Order(("-reported_at",)),
        "REPORTED_ASC": Order(("reported_at",)),
        "CHANGED_DESC": Order(("-changed_at",)),
        "NUMBER_ASC": Order(("number",), unique=True),
        "DUE_ASC": Order(("due_at",)),
    },
    "CaseAllegation": {
        "NUMBER_ASC": Order(("number",), unique=True),
        "NUMBER_DESC": Order(("-number",), unique=True),
    },
    "DeadlineRun": {"ASKED_DESC": Order(("-asked_at",))},
    "CaseTask": {"ASSIGNED_DESC": Order(("-assigned_at",)), "ASSIGNED_ASC": Order(("assigned_at",))},
    "CaseEvent": {"SEQ_ASC": Order(("version",), unique=True), "SEQ_DESC": Order(("-version",), unique=True)},
    "CaseMessage": {"AT_ASC": Order(("at",)), "AT_DESC": Order(("-at",))},
    "Grid": {
        "CODE_ASC": Order(("code",), unique=True),
        "NAME_ASC": Order(("name",)),
        "HOUSEHOLDS_DESC": Order(("-households",)),
        "KIND_ASC": Order(("kind", "-households")),
    },
    "HourEntry": {"SERVED_DESC": Order(("-served_on",)), "SERVED_ASC": Order(("served_on",))},
    "Invitation": {"CREATED_DESC": Order(("-created_at",)), "CREATED_ASC": Order(("created_at",))},
    "LinkedIdentity": {"LINKED_DESC": Order(("-linked_at",))},
    "ListEvent": {"SEQ_ASC": Order(("version",), unique=True), "SEQ_DESC": Order(("-version",), unique=True)},
    "ListMeasure": {"ADDED_ASC": Order(("added_at",)), "ADDED_DESC": Order(("-added_at",))},
    "ListProblem": {
        "ADDED_DESC": Order(("-added_at",)),
        "ADDED_ASC": Order(("added_at",)),
        "DUE_ASC": Order(("next_due_on",)),
    },
    "ListResponsibility": {"DUE_ASC": Order(("due_on",)), "DUE_DESC": Order(("-due_on",))},
    "Member": {"NAME_ASC": Order(("name",)), "CREATED_DESC": Order(("-created_at",))},
    "Organization": {
        "PATH_ASC": Order(("path",), unique=True),
        "NAME_ASC": Order(("name",)),
        "CREATED_DESC": Order(("-created_at",)),
    },
    "Resident": {"ENTERED_ASC": Order(), "NAME_ASC": Order(("name",))},
    "SignUp": {"AT_ASC": Order(("at",)), "AT_DESC": Order(("-at",))},
    "Volunteer": {
        "REGISTERED_DESC": Order(("-registered_at",)),
        "NAME_ASC": Order(("name",)),
        "VERIFIED_MINUTES_DESC": Order(("-verified_minutes",)),
    },
}


def order_of(type_: str, name: Any) -> Order:
    """The order of that name; types without orders are listed by id."""
    return Order() if name is None else ORDERS[type_][name]
