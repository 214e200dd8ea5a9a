"""Which cases a city has: when and where each was reported, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import cycle, islice

from server.cases.service.policy import CasePolicy
from server.cases.states import CaseStatus, Severity, Track
from server.demo.desk import Desk
from server.demo.places import Cell, Places

HISTORY = timedelta(days=300)
_HOME_OPEN, _HOME_CONCLUDED = 24, 40

_OPEN = (
    CaseStatus.REPORTED,
    CaseStatus.IN_PROGRESS,
    CaseStatus.DISPATCHED,
    CaseStatus.CLAIMED,
    CaseStatus.ACCEPTED,
    CaseStatus.TRIAGED,
    CaseStatus.IN_PROGRESS,
)
_CONCLUDED = (
    *(CaseStatus.ARCHIVED,) * 22,
    CaseStatus.RESOLVED,
    CaseStatus.FEEDBACK_GIVEN,
    CaseStatus.RATED,
)
_DROPPED = (CaseStatus.REJECTED, CaseStatus.WITHDRAWN)


class Turn(StrEnum):
    """What is out of the ordinary about a case."""

    NONE = "NONE"
    HELP = "HELP"
    LATE = "LATE"
    REOPENED = "REOPENED"
    DUE_NOW = "DUE_NOW"


@dataclass(frozen=True, slots=True)
class Fate:
    """One case. reported_at: aware, before the load. until: the state it is to reach, as far as its track knows it."""

    reported_at: datetime
    cell: Cell
    track: Track
    until: CaseStatus
    turn: Turn
    home: bool


def fates(desk: Desk, places: Places, policy: CasePolicy) -> list[Fate]:
    """The cases of the plan in the order of their reports; those that wait for the worker are due about now."""
    plan = desk.plan
    tracks = cycle([Track(track) for track, weight in plan.case_tracks.items() for _ in range(weight)])
    opened = plan.cases - plan.concluded - plan.dropped
    found = [
        *_concluded(desk, places, tracks),
        *_dropped(desk, places, tracks),
        *_opened(desk, places, policy, tracks, opened),
    ]
    return sorted(found, key=lambda fate: fate.reported_at)


def _concluded(desk: Desk, places: Places, tracks: Iterator[Track]) -> Iterator[Fate]:
    for number, until in enumerate(islice(cycle(_CONCLUDED), desk.plan.concluded)):
        turn = {7: Turn.HELP, 14: Turn.LATE, 21: Turn.REOPENED}.get(number % 28, Turn.NONE)
        # Archived ones are older than the time people have for their verdict; the others are fresh.
        least = 50 if turn is not Turn.NONE else 30
        days = (least, HISTORY.days) if until is CaseStatus.ARCHIVED or turn is not Turn.NONE else (9, 20)
        home = number % 10 == 0 and number < 10 * _HOME_CONCLUDED
        yield Fate(_ago(desk, *days), _cell(desk, places, home), next(tracks), until, turn, home)


def _dropped(desk: Desk, places: Places, tracks: Iterator[Track]) -> Iterator[Fate]:
    for until in islice(cycle(_DROPPED), desk.plan.dropped):
        yield Fate(_ago(desk, 5, HISTORY.days), _cell(desk, places, False), next(tracks), until, Turn.NONE, home=False)


def _opened(
    desk: Desk,
    places: Places,
    policy: CasePolicy,
    tracks: Iterator[Track],
    count: int,
) -> Iterator[Fate]:
    """Open cases: late ones that were escalated, ones that are due about now, and fresh ones."""
    limit = policy.timing.deadlines.rules.get(Severity.GENERAL)
    allowed = timedelta(days=limit.amount) if limit else timedelta(days=10)
    for number, until in enumerate(islice(cycle(_OPEN), count)):
        home = number % 3 == 0 and number < 3 * _HOME_OPEN
        turn = Turn.NONE
        if number < desk.plan.escalating:
            turn = Turn.DUE_NOW
            at = desk.now - allowed + timedelta(minutes=4 * number - 2)
        elif number % 5 == 1:
            turn = Turn.LATE
            at = _ago(desk, 13, 24)
        else:
            at = _ago(desk, 4, 9)
        yield Fate(at, _cell(desk, places, home), next(tracks), until, turn, home)


def _ago(desk: Desk, least: int, most: int) -> datetime:
    """A moment between so many days ago."""
    return desk.now - timedelta(seconds=desk.random.randrange(least * 86_400, most * 86_400))


def _cell(desk: Desk, places: Places, home: bool) -> Cell:
    return places.home_grids[0] if home else desk.random.choice(places.home_grids)
