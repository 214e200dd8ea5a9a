"""Which rows a caller sees, table by table, as the articles and ``server/*/visibility.py`` say in words."""

# ruff: noqa: ARG001 - rules have one form, whatever they look at

from __future__ import annotations

from collections.abc import Callable

from tests.reference import lists, threads
from tests.reference.people import Person
from tests.reference.rows import Row, World


def _case(world: World, me: Person, row: Row) -> bool:
    """Cases at places the right reaches; own reports where it holds for own things; what one claimed or handles.

    Beside them those of which an organization in reach has a share.
    """
    return in_office(world, me, row) or _own(me, row)


def in_office(world: World, me: Person, row: Row) -> bool:
    """Cases seen in office: all but one's own reports."""
    return (
        me.there("case:read", row["path"], row["grid_id"])
        or (row["queue_path"] is not None and me.there("case:read", row["queue_path"]))
        or me.is_me(member=row["claimant_id"])
        or me.is_me(member=row["handler_id"])
        or _shares(world, me, row)
    )


def _own(me: Person, row: Row) -> bool:
    """Own reports, where the right holds for own things."""
    own = row["reporter_account_id"] == me.account["id"] or me.is_me(resident=row["reporter_id"])
    return me.owns("case:read") and own


def _shares(world: World, me: Person, row: Row) -> bool:
    """Cases of which an organization that the right reaches has a share."""
    tasks = world.where("case_task", "case_id", row["id"])
    return any(task["shares"] and me.there("case:read", task["path"]) for task in tasks)


def _of_case(world: World, me: Person, row: Row) -> bool:
    """The history of visible cases, their tasks and allegations."""
    return sees(world, me, "case", world.one("case", row["case_id"]))


def _publication(world: World, me: Person, row: Row) -> bool:
    """Drafts of visible cases, for whoever publishes at their place."""
    return _with_right(world, me, row, "case:publish")


def _hold(world: World, me: Person, row: Row) -> bool:
    """Holds of visible cases, for whoever may hold cases at their place."""
    return _with_right(world, me, row, "case:hold")


def _with_right(world: World, me: Person, row: Row, right: str) -> bool:
    case = world.one("case", row["case_id"])
    return case is not None and _case(world, me, case) and me.there(right, case["path"], case["grid_id"])


def _public(world: World, me: Person, row: Row) -> bool:
    """Everybody's."""
    return True


def _organization(world: World, me: Person, row: Row) -> bool:
    """Public within the city, for whoever may read organizations."""
    return me.may("organization:read")


def _deadline_run(world: World, me: Person, row: Row) -> bool:
    """For whoever may read the configuration."""
    return me.may("manifest:read")


def _grid(world: World, me: Person, row: Row) -> bool:
    """Public within the city, for whoever may read grids."""
    return me.may("grid:read")


def _grid_assignment(world: World, me: Person, row: Row) -> bool:
    """Teams of grids where one may read members, and one's own places."""
    grid = world.one("grid", row["grid_id"])
    assert grid is not None
    return me.there("member:read", grid["path"], grid["id"]) or me.is_me(member=row["member_id"])


def _list_problem(world: World, me: Person, row: Row) -> bool:
    """Where one may read lists, in whose team one is, what one answers for."""
    return lists.sees(world, me, row)


def _of_problem(world: World, me: Person, row: Row) -> bool:
    """What hangs on a problem, with it."""
    return sees(world, me, "list_problem", world.one("list_problem", row["problem_id"]))


def _member(world: World, me: Person, row: Row) -> bool:
    """Members whose home the right reaches, and oneself."""
    return me.there("member:read", row["path"]) or me.is_me(member=row["id"])


def _invitation(world: World, me: Person, row: Row) -> bool:
    """Invitations of members for whom one may open accounts."""
    member = world.one("member", row["member_id"])
    assert member is not None
    return me.there("user:create", member["path"])


def _linked_identity(_world: World, me: Person, row: Row) -> bool:
    """Those of one's own account."""
    return bool(row["account_id"] == me.account["id"])


def _of_member(world: World, me: Person, row: Row) -> bool:
    """Appointments and postings, with their member."""
    return sees(world, me, "member", world.one("member", row["member_id"]))


def _resident(world: World, me: Person, row: Row) -> bool:
    """Residents of places where one may read residents, and oneself."""
    return me.there("resident:read", row["path"], row["grid_id"]) or me.is_me(resident=row["id"])


def _volunteer(world: World, me: Person, row: Row) -> bool:
    """Volunteers of places where one may read volunteers, and oneself."""
    return me.there("volunteer:read", row["path"]) or me.is_me(resident=row["resident_id"], member=row["member_id"])


def _activity(world: World, me: Person, row: Row) -> bool:
    """Public within the city, for whoever may sign up, read volunteers or announce."""
    return any(me.may(right) for right in ("activity:sign_up", "volunteer:read", "activity:create"))


def _sign_up(world: World, me: Person, row: Row) -> bool:
    """Places of visible volunteers, and all places of activities where one may announce."""
    activity = world.one("activity", row["activity_id"])
    assert activity is not None
    return _of_volunteer(world, me, row) or me.there("activity:create", activity["path"])


def _of_volunteer(world: World, me: Person, row: Row) -> bool:
    """Hours, with their volunteer."""
    return sees(world, me, "volunteer", world.one("volunteer", row["volunteer_id"]))


def _application(world: World, me: Person, row: Row) -> bool:
    """Programs of third parties that reach no further than one may manage them."""
    return me.there("application:manage", row["path"], row["grid_id"])


def _api_key(world: World, me: Person, row: Row) -> bool:
    """Keys, with their application."""
    return sees(world, me, "application", world.one("application", row["application_id"]))


_RULES: dict[str, Callable[[World, Person, Row], bool]] = {
    "activity": _activity,
    "activity_sign_up": _sign_up,
    "api_key": _api_key,
    "application": _application,
    "appointment": _of_member,
    "attachment": threads.attachment(_case),
    "case": _case,
    "case_allegation": _of_case,
    "case_event": _of_case,
    "case_hold": _hold,
    "case_message": threads.message(_case),
    "case_task": _of_case,
    "deadline_run": _deadline_run,
    "grid": _grid,
    "grid_assignment": _grid_assignment,
    "hour_entry": _of_volunteer,
    "invitation": _invitation,
    "linked_identity": _linked_identity,
    "list_event": _of_problem,
    "list_measure": _of_problem,
    "list_problem": _list_problem,
    "list_responsibility": _of_problem,
    "list_result": _of_problem,
    "member": _member,
    "organization": _organization,
    "posting": _of_member,
    "publication": _publication,
    "published_case": _public,
    "resident": _resident,
    "volunteer": _volunteer,
}


def sees(world: World, me: Person, table: str, row: Row | None) -> bool:
    """Whether the caller sees a row; no row is not seen."""
    return row is not None and _RULES[table](world, me, row)
