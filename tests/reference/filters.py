"""What the fields of filter inputs mean: one line per word of the schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.reference import applications, lists, searching
from tests.reference.asking import Asking
from tests.reference.rows import Row, World

Matches = Callable[[Asking, Row, Any], bool]
Sample = Callable[[World, Row], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """matches: whether a row has what was asked. prefix: the value is a public id of that kind.

    sample: a value that the row would match, for those who make up questions; None for words and flags.
    """

    matches: Matches
    sample: Sample = lambda _world, _row: None
    prefix: str | None = None
    search: bool = False


def equals(column: str, prefix: str | None = None) -> Condition:
    return Condition(lambda _asking, row, value: row[column] == value, _value(column), prefix)


def one_of(column: str) -> Condition:
    return Condition(lambda _asking, row, values: row[column] in values, _value(column))


def since(column: str) -> Condition:
    return Condition(lambda _asking, row, value: row[column] is not None and row[column] >= value, _value(column))


def until(column: str) -> Condition:
    return Condition(lambda _asking, row, value: row[column] is not None and row[column] < value, _value(column))


def at_most(column: str) -> Condition:
    return Condition(lambda _asking, row, value: row[column] is not None and row[column] <= value, _value(column))


def has(column: str) -> Condition:
    return Condition(lambda _asking, row, wanted: (row[column] is not None) is wanted)


def flag(fact: Callable[[Asking, Row], bool]) -> Condition:
    return Condition(lambda asking, row, wanted: fact(asking, row) is wanted)


def spans(start: str, end: str) -> Condition:
    def matches(_asking: Asking, row: Row, day: date) -> bool:
        return row[start] <= day and (row[end] is None or day <= row[end])

    return Condition(matches, _value(start))


def search(texts: tuple[str, ...], codes: tuple[str, ...] = ()) -> Condition:
    def matches(_asking: Asking, row: Row, asked: str) -> bool:
        return searching.holds([row[name] for name in texts], [row[name] for name in codes], asked)

    return Condition(
        matches, lambda _world, row: row[(*codes, *texts)[row["id"].int % 2 % len((*codes, *texts))]], search=True
    )


def seen_member(column: str) -> Condition:
    """The reference names the member, and the caller sees that member."""

    def matches(asking: Asking, row: Row, value: UUID) -> bool:
        return row[column] == value and asking.seen("member", asking.world.one("member", value)) is not None

    return Condition(matches, _value(column), "member")


def _listed_owner(column: str, prefix: str) -> Condition:
    """Somebody answers for a part of the problem: an organization, or a member whom the caller sees."""
    of = lists.owners(column)

    def matches(asking: Asking, row: Row, value: UUID) -> bool:
        seen = prefix != "member" or asking.seen("member", asking.world.one("member", value)) is not None
        return value in of(asking.world, row) and seen

    return Condition(matches, lambda world, row: next(iter(of(world, row)), None), prefix)


def is_open(row: Row) -> bool:
    return row["resolved_at"] is None and row["status"] not in {"REJECTED", "WITHDRAWN", "MERGED"}


def awaits_explanation(asking: Asking, row: Row) -> bool:
    return row["explanation_due_at"] is not None and row["explanation_due_at"] <= asking.now


def is_acceptable(asking: Asking, row: Row) -> bool:
    """Neither accepted nor revoked, and its time is not over."""
    return row["accepted_at"] is None and row["revoked_at"] is None and row["expires_at"] > asking.now


def in_force(asking: Asking, row: Row) -> bool:
    """Whether an appointment's or posting's term holds on the city's present day."""
    day = asking.now.astimezone(ZoneInfo(asking.world.tenant["time_zone"])).date()
    return row["starts_on"] <= day and row["ended_at"] is None and (row["ends_on"] is None or row["ends_on"] >= day)


def _has_role(asking: Asking, row: Row, roles: list[str]) -> bool:
    held = asking.world.where("appointment", "member_id", row["id"])
    return any(appointment["role"] in roles and in_force(asking, appointment) for appointment in held)


def _value(column: str) -> Sample:
    return lambda _world, row: row[column]


def _organization(asking: Asking, id_: UUID) -> str | None:
    """The path of an organization; None when there is none in this city."""
    found = asking.world.one("organization", id_)
    return None if found is None else found["path"]


def _below(asking: Asking, row: Row, id_: UUID) -> bool:
    path, here = _organization(asking, id_), str(row["path"])
    return path is not None and here.startswith(path)


def _above(world: World, row: Row) -> UUID:
    """Some organization at or above the row."""
    above = [found["id"] for found in world.rows("organization") if row["path"].startswith(found["path"])]
    chosen: UUID = above[row["id"].int % len(above)]
    return chosen


def _at(world: World, row: Row) -> UUID:
    (here,) = world.where("organization", "path", row["path"])
    id_: UUID = here["id"]
    return id_


BELOW = Condition(_below, _above, "org")

FILTERS: dict[str, dict[str, Condition]] = {
    "ActivityFilter": {
        "search": search(("title",)),
        "organizationId": equals("organization_id", "org"),
        "hasPlaces": flag(lambda _asking, row: row["signed_up"] < row["capacity"]),
        "status": one_of("status"),
        "theme": equals("theme"),
        "withinOrganizationId": BELOW,
        "startsSince": since("starts_at"),
        "startsUntil": until("starts_at"),
        "upcoming": flag(lambda asking, row: row["starts_at"] > asking.now),
    },
    "ApiKeyFilter": {"good": flag(applications.is_good)},
    "ApplicationFilter": {"status": one_of("status")},
    "AppointmentFilter": {
        "role": one_of("role"),
        "scope": one_of("scope"),
        "inForce": flag(in_force),
        "termOn": spans("starts_on", "ends_on"),
    },
    "CaseAllegationFilter": {"answered": has("answered_at")},
    "CaseTaskFilter": {
        "status": one_of("status"),
        "organizationId": equals("organization_id", "org"),
        "assignedSince": since("assigned_at"),
        "assignedUntil": until("assigned_at"),
        "closedSince": since("closed_at"),
        "closedUntil": until("closed_at"),
    },
    "AttachmentFilter": {"state": one_of("state"), "purpose": one_of("purpose")},
    "CaseEventFilter": {
        "kind": one_of("kind"),
        "toStatus": one_of("to_status"),
        "actorRole": one_of("actor_role"),
        "since": since("at"),
        "until": until("at"),
    },
    "CaseMessageFilter": {
        "thread": equals("thread"),
        "deleted": has("deleted_at"),
        "since": since("at"),
        "until": until("at"),
    },
    "CaseFilter": {
        "search": search(("title",), ("number",)),
        "status": one_of("status"),
        "track": one_of("track"),
        "category": one_of("category"),
        "severity": one_of("severity"),
        "containment": one_of("containment"),
        "rating": one_of("rating"),
        "rated": has("rating"),
        "source": one_of("source"),
        "channel": one_of("channel"),
        "origin": equals("origin"),
        "anonymous": flag(lambda _asking, row: row["anonymous"] is True),
        "queueId": equals("queue_id", "org"),
        "supervision": one_of("supervision"),
        "handling": one_of("handling"),
        "awaitsExplanation": flag(awaits_explanation),
        "level": one_of("level"),
        "organizationId": equals("organization_id", "org"),
        "claimed": has("claimant_id"),
        "handlerId": seen_member("handler_id"),
        "handledByMe": flag(lambda asking, row: asking.me.is_me(member=row["handler_id"])),
        "reopened": flag(lambda _asking, row: row["reopen_count"] > 0),
        "gridId": equals("grid_id", "grid"),
        "withinOrganizationId": BELOW,
        "number": equals("number"),
        "overdue": has("overdue_at"),
        "open": flag(lambda _asking, row: is_open(row)),
        "reportedSince": since("reported_at"),
        "reportedUntil": until("reported_at"),
        "changedSince": since("changed_at"),
        "changedUntil": until("changed_at"),
        "dueSince": since("due_at"),
        "dueUntil": until("due_at"),
        "resolvedSince": since("resolved_at"),
        "resolvedUntil": until("resolved_at"),
    },
    "GridAssignmentFilter": {"capacity": one_of("capacity")},
    "GridFilter": {
        "search": search(("name",), ("code",)),
        "code": one_of("code"),
        "kind": one_of("kind"),
        "organizationId": equals("organization_id", "org"),
        "withinOrganizationId": BELOW,
        "chiefId": seen_member("chief_id"),
        "hasChief": has("chief_id"),
        "minHouseholds": since("households"),
        "maxHouseholds": at_most("households"),
        "validOn": spans("valid_from", "valid_to"),
    },
    "HourEntryFilter": {
        "status": one_of("status"),
        "servedSince": since("served_on"),
        "servedUntil": until("served_on"),
        "activityId": equals("activity_id", "activity"),
        "inActivity": has("activity_id"),
        "minMinutes": since("minutes"),
        "maxMinutes": at_most("minutes"),
        "decidedSince": since("decided_at"),
        "decidedUntil": until("decided_at"),
    },
    "ListEventFilter": {
        "kind": one_of("kind"),
        "item": one_of("item_kind"),
        "since": since("at"),
        "until": until("at"),
    },
    "ListMeasureFilter": {"owned": flag(lambda _asking, row: row["owned"])},
    "ListProblemFilter": {
        "category": one_of("category"),
        "open": flag(lambda _asking, row: row["closed_at"] is None),
        "overdue": flag(lists.is_past_due),
        "gap": Condition(lambda asking, row, wanted: bool(set(wanted) & set(lists.gaps(asking, row)))),
        "ownerId": _listed_owner("member_id", "member"),
        "ownerOrganizationId": _listed_owner("organization_id", "org"),
        "caseId": equals("case_id", "case"),
        "addedSince": since("added_at"),
        "addedUntil": until("added_at"),
    },
    "ListResponsibilityFilter": {
        "done": flag(lambda _asking, row: row["done"]),
        "overdue": flag(lists.is_late),
        "dueSince": since("due_on"),
        "dueUntil": until("due_on"),
    },
    "MemberFilter": {
        "search": search(("name",)),
        "role": Condition(
            _has_role,
            lambda world, row: next(
                (found["role"] for found in world.where("appointment", "member_id", row["id"])), "police"
            ),
        ),
        "organizationId": equals("organization_id", "org"),
        "name": equals("name"),
        "withinOrganizationId": BELOW,
    },
    "OrganizationFilter": {
        "search": search(("name",)),
        "withinOrganizationId": BELOW,
        "code": one_of("code"),
        "level": one_of("level"),
        "kind": one_of("kind"),
        "parentId": equals("parent_id", "org"),
    },
    "PlaceFilter": {
        "gridId": equals("grid_id", "grid"),
        "organizationId": Condition(lambda asking, row, id_: row["path"] == _organization(asking, id_), _at, "org"),
        "withinOrganizationId": BELOW,
    },
    "InvitationFilter": {"memberId": equals("member_id", "member"), "open": flag(is_acceptable)},
    "PostingFilter": {"organizationId": equals("organization_id", "org"), "inForce": flag(in_force)},
    "ResidentFilter": {
        "gridId": equals("grid_id", "grid"),
        "name": equals("name"),
        "withinOrganizationId": BELOW,
    },
    "SignUpFilter": {"since": since("at"), "until": until("at")},
    "VolunteerFilter": {
        "search": search(("name",)),
        "organizationId": equals("organization_id", "org"),
        "name": equals("name"),
        "minStars": since("stars"),
        "maxStars": at_most("stars"),
        "minVerifiedMinutes": since("verified_minutes"),
        "registeredSince": since("registered_at"),
        "registeredUntil": until("registered_at"),
        "withinOrganizationId": BELOW,
    },
}
# Inputs within inputs: all that is given in them must hold, too.
WITHIN: dict[str, dict[str, str]] = {"CaseFilter": {"place": "PlaceFilter"}, "ResidentFilter": {"place": "PlaceFilter"}}
