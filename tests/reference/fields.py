"""Every field of the schema the reference knows, by type and name, as a plain function of a row."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.reference.asking import Args, Asking, Refused, Thing
from tests.reference.ids import PREFIX_OF, TABLE_OF, split_id
from tests.reference.pages import connection
from tests.reference.rows import Row

# Arguments hold, beside what was given, the place in the schema: "field" is ``Type.name``.
Field = Callable[[Asking, Row, Args], Any]


def columns(names: str) -> dict[str, Field]:
    """Fields that are the column of the same name."""

    def of(column: str) -> Field:
        return lambda _asking, row, _args: row[column]

    return {name: of(re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)) for name in names.split()}


def prefixed(prefix: str) -> Field:
    """The id that clients see."""
    return lambda _asking, row, _args: f"{prefix}_{row['id']}"


def one(type_: str, by: str) -> Field:
    """The row that the column names, if the caller sees it."""
    return lambda asking, row, _args: by_id(asking, type_, row[by])


def many(type_: str, by: str) -> Field:
    """The visible rows whose column names this row."""

    def field(asking: Asking, row: Row, args: Args) -> Any:
        return _page(asking, type_, asking.world.where(TABLE_OF[type_], by, row["id"]), args)

    return field


def beneath(type_: str) -> Field:
    """The visible rows at this organization's place or anywhere below it."""

    def field(asking: Asking, row: Row, args: Args) -> Any:
        rows = asking.world.rows(TABLE_OF[type_])
        return _page(asking, type_, [other for other in rows if other["path"].startswith(row["path"])], args)

    return field


def every(type_: str) -> Field:
    """All visible rows."""
    return lambda asking, _row, args: _page(asking, type_, asking.world.rows(TABLE_OF[type_]), args)


def _page(asking: Asking, type_: str, rows: list[Row], args: Args) -> Any:
    seen = [row for row in rows if asking.seen(TABLE_OF[type_], row) is not None]
    return connection(asking, args["field"], type_, seen, args)


def by_id(asking: Asking, type_: str, id_: UUID | None) -> Thing | None:
    """The object of an id, None where there is none to see."""
    row = asking.seen(TABLE_OF[type_], asking.world.one(TABLE_OF[type_], id_))
    return None if row is None else Thing(type_, row)


def found(type_: str) -> Field:
    """A root field by id; ids of other kinds were refused before (``refusals``)."""
    return lambda asking, _row, args: by_id(asking, type_, (split_id(args["id"]) or (None, None))[1])


def node(asking: Asking, value: str) -> Thing | None:
    """Whatever an id names."""
    types = {prefix: type_ for type_, prefix in PREFIX_OF.items()}
    prefix, id_ = split_id(value) or ("", None)
    return by_id(asking, types[prefix], id_) if prefix in types else None


def needs(right: str, field: Field) -> Field:
    """Null and FORBIDDEN for whoever lacks the right."""

    def guarded(asking: Asking, row: Row, args: Args) -> Any:
        if not asking.me.may(right):
            raise Refused("FORBIDDEN")
        return field(asking, row, args)

    return guarded


def _actor(asking: Asking, row: Row, _args: Args) -> Thing | None:
    """Who took a step: the member named, or the reporter, where nobody else can have taken it."""
    if row["actor_member_id"] is not None:
        return by_id(asking, "Member", row["actor_member_id"])
    case = asking.world.one("case", row["case_id"])
    by_reporter = row["kind"] in {"REPORTED", "RATED", "REOPENED", "WITHDRAWN"} and row["actor_role"] != "system"
    return by_id(asking, "Resident", case["reporter_id"]) if case is not None and by_reporter else None


def _remaining(asking: Asking, row: Row, _args: Args) -> int | None:
    return None if row["due_at"] is None else round((row["due_at"] - asking.now).total_seconds())


def _overdue(asking: Asking, row: Row, _args: Args) -> bool:
    return row["due_at"] is not None and row["due_at"] < (row["resolved_at"] or asking.now)


def _phase(asking: Asking, row: Row, _args: Args) -> str:
    if row["status"] == "CANCELED":
        return "CANCELED"
    if row["ends_at"] <= asking.now:
        return "ENDED"
    if row["starts_at"] <= asking.now:
        return "RUNNING"
    return "FULL" if row["signed_up"] >= row["capacity"] else "OPEN"


def _me(asking: Asking, _row: Row, _args: Args) -> Thing:
    return Thing("Viewer", asking.me.account)


FIELDS: dict[str, dict[str, Field]] = {
    "Query": {
        "viewer": _me,
        "cases": every("Case"),
        "case": found("Case"),
        "grids": every("Grid"),
        "grid": found("Grid"),
        "members": every("Member"),
        "member": found("Member"),
        "organizations": every("Organization"),
        "organization": found("Organization"),
        "residents": every("Resident"),
        "resident": found("Resident"),
        "volunteers": every("Volunteer"),
        "volunteer": found("Volunteer"),
        "activities": every("Activity"),
        "activity": found("Activity"),
        "hourEntries": every("HourEntry"),
        "node": lambda asking, _row, args: node(asking, args["id"]),
        "nodes": lambda asking, _row, args: [node(asking, value) for value in args["ids"]],
    },
    "Viewer": {
        "username": lambda _asking, row, _args: row["username"],
        "tenant": lambda asking, _row, _args: asking.world.tenant["slug"],
        "roles": lambda asking, _row, _args: sorted(asking.me.roles),
        "permissions": lambda asking, _row, _args: sorted(asking.me.reach),
        "member": lambda asking, _row, _args: by_id(asking, "Member", asking.me.member),
        "resident": lambda asking, _row, _args: by_id(asking, "Resident", asking.me.resident),
    },
    "Case": {
        **columns("number track category title description status severity containment level version"),
        **columns("reportedAt acceptedAt resolvedAt feedbackAt archivedAt result rating ratingComment reopenCount"),
        **columns("strikeOffNumber"),
        "deadline": lambda _asking, row, _args: Thing("Deadline", row),
        "grid": one("Grid", "grid_id"),
        "organization": one("Organization", "organization_id"),
        "reporter": one("Resident", "reporter_id"),
        "claimant": one("Member", "claimant_id"),
        "handler": one("Member", "handler_id"),
        "events": many("CaseEvent", "case_id"),
    },
    "Deadline": {**columns("dueAt overdueAt"), "remainingSeconds": _remaining, "overdue": _overdue},
    "CaseEvent": {
        "seq": columns("version")["version"],
        **columns("kind fromStatus toStatus level actorRole note at"),
        "actor": one("Member", "actor_member_id"),
        "by": _actor,
        "case": one("Case", "case_id"),
    },
    "Grid": {
        **columns("code name kind households validFrom validTo"),
        "organization": one("Organization", "organization_id"),
        "chief": one("Member", "chief_id"),
        "team": many("GridAssignment", "grid_id"),
        "cases": many("Case", "grid_id"),
    },
    "GridAssignment": {**columns("capacity"), "grid": one("Grid", "grid_id"), "member": one("Member", "member_id")},
    "Member": {
        **columns("name"),
        "phone": needs("member:create", columns("phone")["phone"]),
        "organization": one("Organization", "organization_id"),
        "appointments": many("Appointment", "member_id"),
        "postings": many("Posting", "member_id"),
    },
    "Appointment": {
        **columns("role scope startsOn endsOn endedAt"),
        "organization": one("Organization", "organization_id"),
        "grid": one("Grid", "grid_id"),
        "member": one("Member", "member_id"),
    },
    "Posting": {
        **columns("homeUnit startsOn endsOn"),
        "organization": one("Organization", "organization_id"),
        "member": one("Member", "member_id"),
    },
    "Organization": {
        **columns("code name level kind rank path"),
        "parent": one("Organization", "parent_id"),
        "children": many("Organization", "parent_id"),
        "grids": many("Grid", "organization_id"),
        "members": many("Member", "organization_id"),
        "cases": beneath("Case"),
    },
    "Resident": {
        **columns("name phone"),
        "grid": one("Grid", "grid_id"),
        "cases": many("Case", "reporter_id"),
    },
    "Volunteer": {
        **columns("name stars verifiedMinutes registeredAt"),
        "skills": lambda _asking, row, _args: row["skills"].get("words", []),
        "organization": one("Organization", "organization_id"),
        "resident": one("Resident", "resident_id"),
        "member": one("Member", "member_id"),
        "hours": many("HourEntry", "volunteer_id"),
        "signUps": many("SignUp", "volunteer_id"),
    },
    "Activity": {
        **columns("title theme startsAt endsAt capacity signedUp status"),
        "placesLeft": lambda _asking, row, _args: row["capacity"] - row["signed_up"],
        "phase": _phase,
        "organization": one("Organization", "organization_id"),
        "signUps": many("SignUp", "activity_id"),
    },
    "SignUp": {
        **columns("at"),
        "activity": one("Activity", "activity_id"),
        "volunteer": one("Volunteer", "volunteer_id"),
    },
    "HourEntry": {
        **columns("servedOn minutes note status enteredAt decidedAt"),
        "volunteer": one("Volunteer", "volunteer_id"),
        "activity": one("Activity", "activity_id"),
        "verifiedBy": one("Member", "verified_by_id"),
    },
}
for _type, _prefix in PREFIX_OF.items():
    FIELDS[_type]["id"] = prefixed(_prefix)
