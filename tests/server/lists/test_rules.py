"""The rules of the four lists, one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from server.errors import AppError
from server.lists.rules import (
    MOST_ITEMS,
    Content,
    ItemKind,
    ListEventKind,
    Tally,
    check_closing,
    check_due,
    check_measure_fits,
    check_open,
    check_owner,
    check_pending,
    check_responsibility_fits,
    check_revision,
    check_version,
    digest_of,
    event_type,
)
from tenants.ids import uuid7

TODAY = date(2026, 11, 23)
SOMEBODY = uuid7()
FULL = Tally(measures=333, unowned=0, responsibilities=333, pending=333)


def code(rule: Callable[[], None]) -> str:
    """The code of the refusal, empty for none."""
    try:
        rule()
    except AppError as error:
        return error.code
    return ""


def test_a_tally_counts_what_is_still_to_come() -> None:
    assert Tally().items == 0
    assert Tally(measures=1, unowned=1).items == 3
    assert Tally(measures=1, unowned=0, responsibilities=1, pending=1).items == 3
    assert Tally(measures=1, unowned=0, responsibilities=2, pending=1).items == 5
    assert FULL.items == MOST_ITEMS - 1


@pytest.mark.parametrize(
    ("tally", "measure", "first", "further"),
    [
        (Tally(), "", "", ""),
        (Tally(measures=332, responsibilities=332), "", "", ""),  # 996
        (Tally(measures=332, responsibilities=333), "LIST_FULL", "", ""),  # 998
        (FULL, "LIST_FULL", "", "LIST_FULL"),  # 999
    ],
)
def test_there_is_always_room_to_finish_what_was_planned(tally: Tally, measure: str, first: str, further: str) -> None:
    assert code(lambda: check_measure_fits(tally)) == measure
    assert code(lambda: check_responsibility_fits(tally, owned=False)) == first
    assert code(lambda: check_responsibility_fits(tally, owned=True)) == further


@pytest.mark.parametrize(
    ("tally", "refused"),
    [
        (Tally(), "LIST_NOT_COMPLETE"),
        (Tally(measures=2, unowned=1, responsibilities=1), "LIST_NOT_COMPLETE"),
        (Tally(measures=1, responsibilities=2, pending=1), "LIST_NOT_COMPLETE"),
        (Tally(measures=1, responsibilities=2), ""),
    ],
)
def test_a_problem_is_closed_when_all_has_its_result(tally: Tally, refused: str) -> None:
    assert code(lambda: check_closing(tally)) == refused


def test_what_is_missing_is_counted_in_the_refusal() -> None:
    with pytest.raises(AppError) as error:
        check_closing(Tally(measures=3, unowned=1, responsibilities=4, pending=2))
    assert error.value.params == {"measures": 3, "unowned": 1, "pending": 2}


@pytest.mark.parametrize(("day", "refused"), [(22, "LIST_DUE_PAST"), (23, ""), (24, "")])
def test_a_day_that_is_over_is_no_deadline(day: int, refused: str) -> None:
    assert code(lambda: check_due(date(2026, 11, day), TODAY)) == refused


def test_one_answers_and_not_two() -> None:
    assert code(lambda: check_owner(None, None)) == "LIST_OWNER_INVALID"
    assert code(lambda: check_owner(SOMEBODY, SOMEBODY)) == "LIST_OWNER_INVALID"
    assert code(lambda: check_owner(SOMEBODY, None)) == ""
    assert code(lambda: check_owner(None, SOMEBODY)) == ""


def test_what_is_over_stays_as_it_is() -> None:
    assert code(lambda: check_open(closed=True)) == "LIST_PROBLEM_CLOSED"
    assert code(lambda: check_open(closed=False)) == ""
    assert code(lambda: check_pending(done=True)) == "LIST_RESULT_EXISTS"
    assert code(lambda: check_pending(done=False)) == ""
    assert code(lambda: check_version(2, 1)) == "VERSION_CONFLICT"
    assert code(lambda: check_version(2, 2)) == ""


@pytest.mark.parametrize("kind", list(ItemKind))
def test_a_revision_changes_what_the_kind_has(kind: ItemKind) -> None:
    has = {
        ItemKind.PROBLEM: {"text", "category"},
        ItemKind.MEASURE: {"text"},
        ItemKind.RESPONSIBILITY: {"dueOn", "memberId", "organizationId"},
        ItemKind.RESULT: {"text"},
    }
    every = {
        "text": Content(text="x"),
        "category": Content(category="X"),
        "dueOn": Content(due_on=TODAY),
        "memberId": Content(member_id=SOMEBODY),
        "organizationId": Content(organization_id=SOMEBODY),
    }
    for name, content in every.items():
        if name in has[kind]:
            check_revision(kind, content)
            continue
        with pytest.raises(AppError) as error:
            check_revision(kind, content)
        assert (error.value.code, error.value.field) == ("LIST_REVISION_INVALID", (name,))
    assert code(lambda: check_revision(kind, Content())) == "LIST_REVISION_INVALID"


def test_events_are_told_in_words_of_their_own() -> None:
    assert [event_type(kind) for kind in ListEventKind] == [
        "ProblemListed",
        "MeasurePlanned",
        "ResponsibilityAssigned",
        "ResultRecorded",
        "ListItemRevised",
        "ProblemClosed",
    ]


def test_a_digest_tells_values_and_places_apart() -> None:
    assert digest_of("a", None) == digest_of("a", None)
    assert len({digest_of("a", None), digest_of(None, "a"), digest_of("a"), digest_of("a", "None")}) == 4
