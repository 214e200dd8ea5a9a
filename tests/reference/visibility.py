"""Which rows a caller sees, table by table, as the articles and ``server/*/visibility.py`` say in words."""

# ruff: noqa: ARG001 - rules have one form, whatever they look at

from __future__ import annotations

from collections.abc import Callable

from tests.reference.people import Person
from tests.reference.rows import Row, World


def _case(world: World, me: Person, row: Row) -> bool:
    """Cases at places the right reaches; own reports where it holds for own things; what one claimed or handles."""
    own = row["reporter_account_id"] == me.account["id"] or me.is_me(resident=row["reporter_id"])
    return (
        me.there("case:read", row["path"], row["grid_id"])
        or (me.owns("case:read") and own)
        or me.is_me(member=row["claimant_id"])
        or me.is_me(member=row["handler_id"])
    )


def _case_event(world: World, me: Person, row: Row) -> bool:
    """The history of visible cases."""
    return sees(world, me, "case", world.one("case", row["case_id"]))


def _organization(world: World, me: Person, row: Row) -> bool:
    """Public within the city, for whoever may read organizations."""
    return me.may("organization:read")


def _grid(world: World, me: Person, row: Row) -> bool:
    """Public within the city, for whoever may read grids."""
    return me.may("grid:read")


def _grid_assignment(world: World, me: Person, row: Row) -> bool:
    """Teams of grids where one may read members, and one's own places."""
    grid = world.one("grid", row["grid_id"])
    assert grid is not None
    return me.there("member:read", grid["path"], grid["id"]) or me.is_me(member=row["member_id"])


def _member(world: World, me: Person, row: Row) -> bool:
    """Members whose home the right reaches, and oneself."""
    return me.there("member:read", row["path"]) or me.is_me(member=row["id"])


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


_RULES: dict[str, Callable[[World, Person, Row], bool]] = {
    "activity": _activity,
    "activity_sign_up": _sign_up,
    "appointment": _of_member,
    "case": _case,
    "case_event": _case_event,
    "grid": _grid,
    "grid_assignment": _grid_assignment,
    "hour_entry": _of_volunteer,
    "member": _member,
    "organization": _organization,
    "posting": _of_member,
    "resident": _resident,
    "volunteer": _volunteer,
}


def sees(world: World, me: Person, table: str, row: Row | None) -> bool:
    """Whether the caller sees a row; no row is not seen."""
    return row is not None and _RULES[table](world, me, row)
