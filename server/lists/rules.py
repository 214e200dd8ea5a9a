"""What an item of the four lists is, what may be added to a problem, and when it may be closed (HS-05). Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from server.errors import Conflict, RuleViolation

MOST_ITEMS = 1_000
"""How many measures, responsibilities and results one problem may have in all, those still to come included."""

TEXT_LENGTH = 1_000


class ItemKind(StrEnum):
    """The list an item stands in; each kind hangs on the one before it."""

    PROBLEM = "PROBLEM"
    MEASURE = "MEASURE"
    RESPONSIBILITY = "RESPONSIBILITY"
    RESULT = "RESULT"


class ListEventKind(StrEnum):
    """What happened in the lists of a grid."""

    PROBLEM_LISTED = "PROBLEM_LISTED"
    MEASURE_PLANNED = "MEASURE_PLANNED"
    RESPONSIBILITY_ASSIGNED = "RESPONSIBILITY_ASSIGNED"
    RESULT_RECORDED = "RESULT_RECORDED"
    LIST_ITEM_REVISED = "LIST_ITEM_REVISED"
    PROBLEM_CLOSED = "PROBLEM_CLOSED"


class ListGap(StrEnum):
    """What is missing on the way from a problem to its results."""

    NO_MEASURE = "NO_MEASURE"
    NO_OWNER = "NO_OWNER"
    PAST_DUE = "PAST_DUE"


@dataclass(frozen=True, slots=True)
class Tally:
    """What hangs on a problem.

    unowned: measures without a responsibility. pending: responsibilities without a result; next_due_on: the first day
    by which one of those is due, None if there are none.
    """

    measures: int = 0
    unowned: int = 0
    responsibilities: int = 0
    pending: int = 0
    next_due_on: date | None = None

    @property
    def items(self) -> int:
        """What hangs on the problem once each measure has a responsibility, and each of those its result."""
        return self.measures + 2 * (self.responsibilities + self.unowned)


@dataclass(frozen=True, slots=True)
class Content:
    """What an item says; None for what its kind has not, or for what a revision leaves as it is.

    due_on: the last day in time, of the city's calendar. member_id, organization_id: who answers for it.
    """

    text: str | None = None
    category: str | None = None
    due_on: date | None = None
    member_id: UUID | None = None
    organization_id: UUID | None = None


_REVISED: dict[ItemKind, frozenset[str]] = {
    ItemKind.PROBLEM: frozenset({"text", "category"}),
    ItemKind.MEASURE: frozenset({"text"}),
    ItemKind.RESPONSIBILITY: frozenset({"due_on", "member_id", "organization_id"}),
    ItemKind.RESULT: frozenset({"text"}),
}
_INPUTS = {"due_on": "dueOn", "member_id": "memberId", "organization_id": "organizationId"}


def event_type(kind: ListEventKind) -> str:
    """The type in the city's event log: ProblemListed, ListItemRevised."""
    return "".join(word.capitalize() for word in kind.value.split("_"))


def digest_of(*values: object) -> str:
    """Tells two items apart that carry the same idempotency key."""
    return hashlib.sha256(json.dumps([None if value is None else str(value) for value in values]).encode()).hexdigest()


def check_open(*, closed: bool) -> None:
    """Raise LIST_PROBLEM_CLOSED for a problem that is closed: what it led to stays as it is."""
    if closed:
        raise RuleViolation("The problem is closed. List a new one.", code="LIST_PROBLEM_CLOSED")


def check_measure_fits(tally: Tally) -> None:
    """Raise LIST_FULL unless there is room for a measure, its responsibility and its result."""
    _check_room(tally, 3)


def check_responsibility_fits(tally: Tally, *, owned: bool) -> None:
    """Raise LIST_FULL unless there is room for one more and its result; a measure's first has its place already."""
    _check_room(tally, 2 if owned else 0)


def _check_room(tally: Tally, added: int) -> None:
    if tally.items + added > MOST_ITEMS:
        raise RuleViolation(
            "A problem has at most {most} measures, responsibilities and results. Close it and list what is left.",
            code="LIST_FULL",
            most=MOST_ITEMS,
        )


def check_closing(tally: Tally) -> None:
    """Raise LIST_NOT_COMPLETE unless there is a measure, and all that was taken on has its result."""
    if tally.measures and not tally.unowned and not tally.pending:
        return
    raise RuleViolation(
        "A problem is closed when each of its measures has a result: it has {measures} measures, {unowned} of them "
        "without anybody responsible, and {pending} responsibilities without a result.",
        code="LIST_NOT_COMPLETE",
        measures=tally.measures,
        unowned=tally.unowned,
        pending=tally.pending,
    )


def check_owner(member_id: UUID | None, organization_id: UUID | None) -> None:
    """Raise LIST_OWNER_INVALID unless exactly one is named."""
    if (member_id is None) == (organization_id is None):
        raise RuleViolation(
            "Name a member or an organization, and not both.", code="LIST_OWNER_INVALID", field=("memberId",)
        )


def check_due(due_on: date, today: date) -> None:
    """Raise LIST_DUE_PAST for a day before today, both of the city's calendar."""
    if due_on < today:
        raise RuleViolation(
            "{day} is over in this city; name today or a later day.",
            code="LIST_DUE_PAST",
            field=("dueOn",),
            day=due_on.isoformat(),
        )


def check_pending(*, done: bool) -> None:
    """Raise Conflict LIST_RESULT_EXISTS for a responsibility that has its result: neither it nor a second one follows."""
    if done:
        raise Conflict("This responsibility has its result already. Revise the result.", code="LIST_RESULT_EXISTS")


def check_version(version: int, expected: int) -> None:
    """Raise Conflict VERSION_CONFLICT unless the caller saw the present version of the item."""
    if version != expected:
        raise Conflict(
            "The item is at version {version}; you saw {expected}. Read it again.",
            code="VERSION_CONFLICT",
            field=("expectedVersion",),
            version=version,
            expected=expected,
        )


def check_revision(kind: ItemKind, content: Content) -> None:
    """Raise LIST_REVISION_INVALID for a revision of nothing, or of something that items of the kind have not."""
    given = [name for name in Content.__slots__ if getattr(content, name) is not None]
    if not given:
        raise RuleViolation("Say what to revise.", code="LIST_REVISION_INVALID")
    foreign = [name for name in given if name not in _REVISED[kind]]
    if foreign:
        raise RuleViolation(
            "A {kind} has no {name}.",
            code="LIST_REVISION_INVALID",
            field=(_INPUTS.get(foreign[0], foreign[0]),),
            kind=kind,
            name=_INPUTS.get(foreign[0], foreign[0]),
        )
