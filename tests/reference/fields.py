"""Every field of the schema the reference knows, by type and name, as a plain function of a row."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.reference import applications, clocks, lists, threads, visibility
from tests.reference.asking import Args, Asking, Refused, Thing
from tests.reference.filters import awaits_explanation, is_acceptable, is_open
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


def _of_account(column: str) -> Field:
    """Of a member's account, at a place where the viewer may disable it; one that may sign in goes first."""

    def found(asking: Asking, row: Row, _args: Args) -> Any:
        if not asking.me.there("user:update", row["path"]):
            return None
        rows = sorted(
            asking.world.where("account", "member_id", row["id"]), key=lambda each: (each["status"], each["id"])
        )
        return rows[0][column] if rows else None

    return found


def _actor(asking: Asking, row: Row, _args: Args) -> Thing | None:
    """Who took a step: the member named, or the reporter, where nobody else can have taken it."""
    if row["actor_member_id"] is not None:
        return by_id(asking, "Member", row["actor_member_id"])
    case = asking.world.one("case", row["case_id"])
    own_kinds = {"REPORTED", "APPEALED", "RATED", "REOPENED", "WITHDRAWN"}
    by_reporter = row["kind"] in own_kinds and row["actor_role"] != "system"
    return by_id(asking, "Resident", case["reporter_id"]) if case is not None and by_reporter else None


def _note(asking: Asking, row: Row, _args: Args) -> str | None:
    """The words of a step: for whoever sees the case in office; others read what is said to them, and their own."""
    case = asking.world.one("case", row["case_id"])
    said = {"REJECTED", "PROGRESSED", "EXPLAINED", "FEEDBACK_GIVEN"}
    own_kinds = {"REPORTED", "APPEALED", "RATED", "REOPENED", "WITHDRAWN"}
    by_resident = row["kind"] in own_kinds and row["actor_member_id"] is None and row["actor_role"] != "system"
    own = by_resident or asking.me.is_me(member=row["actor_member_id"])
    office = case is not None and visibility.in_office(asking.world, asking.me, case)
    note: str | None = row["note"] if office or own or row["kind"] in said else None
    return note


def _by(member: str, resident: str) -> Field:
    """Whoever of the two the row names, if the caller sees them."""
    return lambda asking, row, _args: by_id(asking, "Member", row[member]) or by_id(asking, "Resident", row[resident])


def _steps(asking: Asking, row: Row, args: Args) -> Any:
    """The events that stamp a mandatory step."""
    stamped = [event for event in asking.world.where("case_event", "case_id", row["id"]) if event["step"] is not None]
    return _page(asking, "CaseEvent", stamped, args)


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


def _linked(asking: Asking, row: Row) -> list[Row]:
    """The cases of a case's bundle, itself among them."""
    return asking.world.where("case", "bundle_id", row["bundle_id"])


def _related(asking: Asking, row: Row, args: Args) -> Any:
    return _page(asking, "Case", [other for other in _linked(asking, row) if other["id"] != row["id"]], args)


def _bundle_closed(asking: Asking, row: Row, _args: Args) -> bool | None:
    """Of the bundle's cases those that the caller sees are concluded; null outside of bundles."""
    if row["bundle_id"] is None:
        return None
    return not any(is_open(other) and asking.seen("case", other) is not None for other in _linked(asking, row))


def _of_survivor(name: str) -> Field:
    """What stands in the case into which this one was merged, whoever asks."""
    (read,) = columns(name).values()

    def field(asking: Asking, row: Row, args: Args) -> Any:
        survivor = asking.world.one("case", row["merged_into_id"])
        return None if survivor is None else read(asking, survivor, args)

    return field


def _owner(asking: Asking, row: Row, _args: Args) -> Thing | None:
    """Who answers for a measure, if the caller sees them."""
    return by_id(asking, "Member", row["member_id"]) or by_id(asking, "Organization", row["organization_id"])


def _result(asking: Asking, row: Row, _args: Args) -> Thing | None:
    found = next(iter(asking.world.where("list_result", "responsibility_id", row["id"])), None)
    return None if found is None else by_id(asking, "ListResult", found["id"])


def _missing(type_: str, gap: Callable[[Asking, Row], bool]) -> Field:
    """The visible rows at a place that have a gap."""

    def field(asking: Asking, row: Row, args: Args) -> Any:
        rows = asking.world.rows(TABLE_OF[type_])
        return _page(asking, type_, [other for other in rows if lists.at(row, other) and gap(asking, other)], args)

    return field


def _publication(asking: Asking, row: Row, _args: Args) -> Thing | None:
    found = next(iter(asking.world.where("publication", "case_id", row["id"])), None)
    return None if found is None else by_id(asking, "Publication", found["id"])


def _listed(asking: Asking, row: Row, args: Args) -> Any:
    """The cases of a grid that have not ended."""
    ended = {"ARCHIVED", "REJECTED", "WITHDRAWN", "MERGED"}
    here = asking.world.where("case", "grid_id", row["id"])
    return _page(asking, "Case", [other for other in here if other["status"] not in ended], args)


_ADDED = {**columns("version addedAt"), "addedBy": one("Member", "added_by_id")}
_BELOW_PROBLEM = {**_ADDED, "problem": one("ListProblem", "problem_id")}
FIELDS: dict[str, dict[str, Field]] = {
    "Query": {
        "viewer": _me,
        "applications": every("Application"),
        "application": found("Application"),
        "cases": every("Case"),
        "case": found("Case"),
        "grids": every("Grid"),
        "grid": found("Grid"),
        "invitations": every("Invitation"),
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
        "deadlineRuns": every("DeadlineRun"),
        "node": lambda asking, _row, args: node(asking, args["id"]),
        "nodes": lambda asking, _row, args: [node(asking, value) for value in args["ids"]],
    },
    "Viewer": {
        "username": lambda _asking, row, _args: row["username"],
        "tenant": lambda asking, _row, _args: asking.world.tenant["slug"],
        "roles": lambda asking, _row, _args: sorted(asking.me.roles),
        "permissions": lambda asking, _row, _args: sorted(asking.me.reach),
        "mustEnroll": lambda _asking, _row, _args: False,
        "identities": every("LinkedIdentity"),
        "member": lambda asking, _row, _args: by_id(asking, "Member", asking.me.member),
        "resident": lambda asking, _row, _args: by_id(asking, "Resident", asking.me.resident),
    },
    "Application": {
        **columns("name contact purpose scopes networks client status expiresAt version registeredAt"),
        "organization": one("Organization", "organization_id"),
        "grid": one("Grid", "grid_id"),
        "keys": many("ApiKey", "application_id"),
    },
    "ApiKey": {
        **columns("hint createdAt expiresAt revokedAt lastUsedAt"),
        "good": lambda asking, row, _args: applications.is_good(asking, row),
        "application": one("Application", "application_id"),
    },
    "Case": {
        **columns("number track category title description status severity containment level version"),
        **columns("reportedAt acceptedAt resolvedAt feedbackAt archivedAt result rating ratingComment reopenCount"),
        **columns("strikeOffNumber turnTo appealedAt supervision urgedAt handling explainedAt"),
        **columns("publicationWaivedAt retainedAt"),
        "awaitsExplanation": lambda asking, row, _args: awaits_explanation(asking, row),
        "mergedInto": one("Case", "merged_into_id"),
        "survivor": lambda _asking, row, _args: Thing("CaseSurvivor", row),
        "merged": many("Case", "merged_into_id"),
        "steps": _steps,
        **columns("score scoreRemark"),
        "returnVisit": lambda _asking, row, _args: Thing("ReturnVisit", row),
        "bundleClosed": _bundle_closed,
        "tasks": many("CaseTask", "case_id"),
        "allegations": many("CaseAllegation", "case_id"),
        "related": _related,
        **columns("answers origin anonymous onBehalf serviceMode consented serviceStartedAt serviceFinishedAt oneTrip"),
        "source": lambda _asking, row, _args: Thing("CaseSource", row),
        "contact": lambda _asking, row, _args: Thing("CaseContact", row),
        "queue": one("Organization", "queue_id"),
        "deadline": lambda _asking, row, _args: Thing("Deadline", row),
        "targets": clocks.targets,
        "hops": clocks.hops,
        "grid": one("Grid", "grid_id"),
        "organization": one("Organization", "organization_id"),
        "reporter": one("Resident", "reporter_id"),
        "claimant": one("Member", "claimant_id"),
        "handler": one("Member", "handler_id"),
        "publication": _publication,
        "holds": many("CaseHold", "case_id"),
        "events": many("CaseEvent", "case_id"),
        "messages": many("CaseMessage", "case_id"),
        "attachments": lambda asking, row, args: _page(asking, "Attachment", threads.files_of_case(asking, row), args),
    },
    "CaseMessage": {
        **columns("thread text at deletedAt fromReporter"),
        "by": _by("author_member_id", "author_resident_id"),
        "replyTo": one("CaseMessage", "reply_to_id"),
        "attachments": many("Attachment", "message_id"),
        "case": one("Case", "case_id"),
    },
    "Attachment": {
        **columns("filename mediaType state reason purpose width height createdAt"),
        "bytes": columns("size")["size"],
        "url": threads.path_of,
        "thumbnailUrl": threads.path_of,
        "by": lambda asking, row, _args: (
            by_id(asking, "Member", threads.sending_member(row))
            or by_id(asking, "Resident", row["uploader_resident_id"])
        ),
        "case": one("Case", "case_id"),
        "message": one("CaseMessage", "message_id"),
    },
    "Deadline": {
        **columns("dueAt overdueAt"),
        "remainingSeconds": _remaining,
        "overdue": _overdue,
        "remaining": clocks.remaining,
        "pausedSince": clocks.paused_since,
        "explain": clocks.explain,
        "warnings": clocks.warnings,
    },
    "DeadlineLine": clocks.parts("day startsAt endsAt hours reason name"),
    "DeadlineWarning": clocks.parts("code firstDay"),
    "CaseTarget": clocks.parts("kind dueAt metAt missed"),
    "CaseHop": {
        **clocks.parts("organizationId level since until calendarMinutes workingMinutes pausedMinutes"),
        "organization": lambda asking, row, _args: by_id(
            asking, "Organization", (split_id(row["organizationId"]) or ("", None))[1]
        ),
    },
    "DeadlineRun": columns("manifestVersion openCases lookedAt moved renews renewed askedAt finishedAt"),
    "ReturnVisit": {
        "at": columns("visitedAt")["visitedAt"],
        "effect": columns("visitEffect")["visitEffect"],
        "text": columns("visitText")["visitText"],
    },
    "CaseTask": {
        **columns("asked status result assignedAt closedAt"),
        "organization": one("Organization", "organization_id"),
        "assignedBy": one("Member", "assigned_by_id"),
        "closedBy": one("Member", "closed_by_id"),
        "case": one("Case", "case_id"),
    },
    "CaseAllegation": {
        **columns("number text answer answeredAt"),
        "answeredBy": one("Member", "answered_by_id"),
        "case": one("Case", "case_id"),
    },
    "FieldCheck": {"at": columns("checkedAt")["checkedAt"], **columns("findings")},
    "CaseEvent": {
        "seq": columns("version")["version"],
        **columns("kind fromStatus toStatus level actorRole step handling partiesConsented at"),
        "note": _note,
        "told": clocks.told,
        "toldMe": clocks.told_me,
        "fieldCheck": lambda _asking, row, _args: Thing("FieldCheck", row),
        "actor": one("Member", "actor_member_id"),
        "by": _actor,
        "case": one("Case", "case_id"),
    },
    "CaseHold": {
        **columns("reason heldAt releaseReason releasedAt"),
        "heldBy": one("Member", "held_by_id"),
        "releasedBy": one("Member", "released_by_id"),
        "case": one("Case", "case_id"),
    },
    "Publication": {
        **columns(
            "status version title asked done category place month draftedAt checkedAt publishedAt withdrawnAt reason"
        ),
        "findings": lambda _asking, row, _args: [Thing("PublicationFinding", found) for found in row["findings"]],
        "draftedBy": one("Member", "drafted_by_id"),
        "checkedBy": one("Member", "checked_by_id"),
        "withdrawnBy": one("Member", "withdrawn_by_id"),
        "copy": one("PublishedCase", "copy_id"),
        "case": one("Case", "case_id"),
    },
    "PublicationFinding": columns("kind field text"),
    "PublishedCase": columns("title asked done category place month publishedAt withdrawnAt"),
    "CaseSurvivor": {name: _of_survivor(name) for name in ("number", "status", "resolvedAt", "feedbackAt", "result")},
    "CaseSource": {"kind": columns("source")["source"], **columns("channel")},
    # No case of the reference city was reported for anybody who is no resident.
    "CaseContact": dict.fromkeys(("name", "phone"), needs("case:contact", lambda _asking, _row, _args: None)),
    "Grid": {
        **columns("code name kind households validFrom validTo"),
        "organization": one("Organization", "organization_id"),
        "chief": one("Member", "chief_id"),
        "team": many("GridAssignment", "grid_id"),
        "cases": many("Case", "grid_id"),
        "openCases": _listed,
        "fourLists": many("ListProblem", "grid_id"),
        "listGaps": lambda _asking, row, _args: Thing("ListGaps", row),
    },
    "ListGaps": {
        "problemsWithoutMeasure": _missing("ListProblem", lambda _asking, row: row["measures"] == 0),
        "measuresWithoutOwner": _missing("ListMeasure", lambda _asking, row: not row["owned"]),
        "responsibilitiesPastDue": _missing("ListResponsibility", lists.is_late),
    },
    "ListProblem": {
        **_ADDED,
        **columns("category text changedAt closedAt nextDueOn"),
        "overdue": lambda asking, row, _args: lists.is_past_due(asking, row),
        "gaps": lambda asking, row, _args: lists.gaps(asking, row),
        "grid": one("Grid", "grid_id"),
        "case": one("Case", "case_id"),
        "closedBy": one("Member", "closed_by_id"),
        "measures": many("ListMeasure", "problem_id"),
        "events": many("ListEvent", "problem_id"),
    },
    "ListMeasure": {
        **_BELOW_PROBLEM,
        **columns("text owned"),
        "grid": one("Grid", "grid_id"),
        "responsibilities": many("ListResponsibility", "measure_id"),
    },
    "ListResponsibility": {
        **_BELOW_PROBLEM,
        **columns("dueOn done"),
        "owner": _owner,
        "ownerName": lambda asking, row, _args: lists.owner_name(asking, row),
        "overdue": lambda asking, row, _args: lists.is_late(asking, row),
        "measure": one("ListMeasure", "measure_id"),
        "grid": one("Grid", "grid_id"),
        "result": _result,
    },
    "ListResult": {
        **_BELOW_PROBLEM,
        **columns("text"),
        "responsibility": one("ListResponsibility", "responsibility_id"),
    },
    "ListEvent": {
        "seq": columns("version")["version"],
        **columns("kind itemKind text category dueOn at"),
        "owner": _owner,
        "ownerName": lambda asking, row, _args: lists.owner_name(asking, row),
        "item": lambda asking, row, _args: by_id(asking, lists.TYPE_OF[row["item_kind"]], row["item_id"]),
        "actor": one("Member", "actor_member_id"),
        "problem": one("ListProblem", "problem_id"),
    },
    "GridAssignment": {**columns("capacity"), "grid": one("Grid", "grid_id"), "member": one("Member", "member_id")},
    "Member": {
        **columns("name"),
        "phone": needs("member:create", columns("phone")["phone"]),
        "username": needs("user:update", _of_account("username")),
        "accountStatus": needs("user:update", _of_account("status")),
        "organization": one("Organization", "organization_id"),
        "appointments": many("Appointment", "member_id"),
        "postings": many("Posting", "member_id"),
    },
    "Appointment": {
        **columns("role scope startsOn endsOn endedAt substitutionReason"),
        "substituteFor": one("Appointment", "substitutes_id"),
        "substitutes": many("Appointment", "substitutes_id"),
        "organization": one("Organization", "organization_id"),
        "grid": one("Grid", "grid_id"),
        "member": one("Member", "member_id"),
    },
    "Invitation": {
        **columns("username createdAt expiresAt acceptedAt revokedAt"),
        "open": lambda asking, row, _args: is_acceptable(asking, row),
        "member": one("Member", "member_id"),
    },
    "LinkedIdentity": columns("issuer subject linkedAt"),
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
        "queue": many("Case", "queue_id"),
        "cases": beneath("Case"),
        "tasks": many("CaseTask", "organization_id"),
        "listGaps": lambda _asking, row, _args: Thing("ListGaps", row),
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
