"""The course of a sealed matter as tables (T26, FD-01 to FD-05)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import AppError
from server.sealed.replay import BrokenSealedLog, SealedEventFacts, apply, replay
from server.sealed.rules import (
    SealedEventKind,
    SealedFacts,
    SealedSatisfaction,
    SealedStatus,
    ZoneMemberFacts,
    ZonePart,
    check_allegations,
    check_answer,
    check_closing,
    check_rating,
    check_rule_document,
    check_step,
    check_target_apart,
    check_version,
    check_zone,
    check_zone_apart,
    is_concerned,
)

K, S = SealedEventKind, SealedStatus
A, B = UUID(int=1), UUID(int=2)
NEXT = {
    S.RECEIVED: {K.ANALYZED},
    S.ANALYZED: {K.ZONE_ASSIGNED, K.INQUIRY_BEGUN, K.TRANSFERRED},
    S.ZONE_ASSIGNED: {K.ZONE_ASSIGNED, K.INQUIRY_BEGUN, K.TRANSFERRED},
    S.INQUIRY: {K.ZONE_ASSIGNED, K.TRANSFERRED, K.FEEDBACK_GIVEN},
    S.TRANSFERRED: {K.FEEDBACK_GIVEN},
    S.FEEDBACK: {K.FEEDBACK_GIVEN, K.RATED, K.CLOSED},
    S.CLOSED: {K.RATED},
}


def facts(
    status: SealedStatus = S.FEEDBACK,
    answered: int = 0,
    satisfaction: SealedSatisfaction = SealedSatisfaction.NOT_RATED,
) -> SealedFacts:
    positions = frozenset(range(1, answered + 1))
    return SealedFacts(status, 4, 3, answered=positions, satisfaction=satisfaction)


def code_of(check: object, *given: object) -> str | None:
    assert callable(check)
    try:
        check(*given)
    except AppError as error:
        return error.code
    return None


@pytest.mark.parametrize("status", list(S))
def test_only_these_steps_may_follow(status: SealedStatus) -> None:
    allowed = {kind for kind in K if code_of(check_step, kind, facts(status)) is None}
    assert allowed == NEXT[status]
    assert {code_of(check_step, kind, facts(status)) for kind in set(K) - allowed} <= {"SEALED_WRONG_STATUS"}


def test_each_allegation_has_its_own_answer_before_closing_and_rating() -> None:
    assert [code_of(check_closing, facts(answered=count)) for count in range(4)] == ["SEALED_NOT_ANSWERED"] * 3 + [None]
    assert [code_of(check_rating, facts(answered=count)) for count in range(4)] == ["SEALED_NOT_ANSWERED"] * 3 + [None]
    rated = facts(answered=3, satisfaction=SealedSatisfaction.DISSATISFIED)
    assert code_of(check_rating, rated) == "SEALED_RATED"
    assert [code_of(check_answer, facts(answered=1), position) for position in range(5)] == [
        "SEALED_NO_SUCH_ALLEGATION",
        "SEALED_ANSWERED",
        None,
        None,
        "SEALED_NO_SUCH_ALLEGATION",
    ]
    assert [code_of(check_allegations, count) for count in (0, 1, 20, 21)] == [
        "SEALED_ALLEGATIONS",
        None,
        None,
        "SEALED_ALLEGATIONS",
    ]
    assert code_of(check_version, facts(), 3) == "VERSION_CONFLICT"


@pytest.mark.parametrize(
    ("path", "about", "concerned"),
    [
        ("/c/t/x/", "/c/t/x/", True),
        ("/c/t/x/g/", "/c/t/x/", True),
        ("/c/t/", "/c/t/x/", False),
        ("/c/t/xy/", "/c/t/x/", False),
    ],
)
def test_whoever_is_complained_of_neither_leads_nor_gets_the_matter(path: str, about: str, concerned: bool) -> None:
    assert is_concerned(path, about) is concerned
    zone = [ZoneMemberFacts(A, path, ZonePart.OFFICE, leads=True), ZoneMemberFacts(B, "/c/o/", ZonePart.TOWNSHIP)]
    assert code_of(check_zone_apart, zone, about) == ("SEALED_ZONE_CONFLICT" if concerned else None)
    follower = [ZoneMemberFacts(A, path, ZonePart.TOWNSHIP), ZoneMemberFacts(B, "/c/o/", ZonePart.OFFICE, leads=True)]
    assert code_of(check_zone_apart, follower, about) is None
    assert code_of(check_target_apart, path, about) == ("SEALED_TARGET_CONFLICT" if concerned else None)


@pytest.mark.parametrize(
    "members",
    [
        [],
        [ZoneMemberFacts(A, "/c/o/", ZonePart.OFFICE)],
        [ZoneMemberFacts(A, "/c/o/", ZonePart.TOWNSHIP, leads=True)],
        [ZoneMemberFacts(A, "/c/o/", ZonePart.OFFICE, leads=True), ZoneMemberFacts(A, "/c/o/", ZonePart.GROUP)],
        [
            ZoneMemberFacts(A, "/c/o/", ZonePart.OFFICE, leads=True),
            ZoneMemberFacts(B, "/c/p/", ZonePart.GROUP, leads=True),
        ],
        [ZoneMemberFacts(UUID(int=n), f"/c/{n}/", ZonePart.OFFICE, leads=n == 0) for n in range(51)],
    ],
)
def test_a_zone_has_an_office_and_one_leader(members: list[ZoneMemberFacts]) -> None:
    assert code_of(check_zone, members) == "ZONE_INVALID"


def test_a_later_version_of_a_rule_does_not_begin_earlier() -> None:
    day = date(2022, 4, 1)
    assert code_of(check_rule_document, None, day) is None
    assert code_of(check_rule_document, day, day) is None
    assert code_of(check_rule_document, day, date(2022, 3, 31)) == "ZONE_RULE_DATE"


@given(choices=st.lists(st.integers(0, 9), max_size=30), count=st.integers(1, 4))
def test_any_walk_the_rules_allow_replays_and_ends_answered(choices: list[int], count: int) -> None:
    log = [SealedEventFacts(K.RECEIVED, 1, owner_id=A, allegations=count)]
    now = replay(log)
    for choice in choices:
        possible = [kind for kind in K if code_of(check_step, kind, now) is None]
        kind = possible[choice % len(possible)]
        open_ones = [position for position in range(1, count + 1) if position not in now.answered]
        if kind is K.FEEDBACK_GIVEN and not open_ones:
            continue
        if (kind is K.CLOSED and code_of(check_closing, now)) or (kind is K.RATED and code_of(check_rating, now)):
            continue
        event = SealedEventFacts(
            kind,
            now.version + 1,
            owner_id=None if kind is K.ZONE_ASSIGNED else now.owner_id,
            zone_id=B if kind is K.ZONE_ASSIGNED else now.zone_id,
            allegation=open_ones[choice % len(open_ones)] if kind is K.FEEDBACK_GIVEN else None,
            satisfaction=SealedSatisfaction.SATISFIED if kind is K.RATED else None,
        )
        log.append(event)
        now = apply(now, event)
        assert replay(log) == now
        assert (now.version, now.zone_id is None) == (len(log), all(step.kind is not K.ZONE_ASSIGNED for step in log))
        assert now.status is not S.CLOSED or now.all_answered
        rated = any(step.kind is K.RATED for step in log)
        assert (now.satisfaction is SealedSatisfaction.NOT_RATED) is not rated


@pytest.mark.parametrize(
    "log",
    [
        [],
        [SealedEventFacts(K.ANALYZED, 1)],
        [SealedEventFacts(K.RECEIVED, 2, allegations=1)],
        [SealedEventFacts(K.RECEIVED, 1)],
        [SealedEventFacts(K.RECEIVED, 1, allegations=1), SealedEventFacts(K.ANALYZED, 3)],
        [SealedEventFacts(K.RECEIVED, 1, allegations=1), SealedEventFacts(K.RECEIVED, 2, allegations=1)],
    ],
)
def test_a_broken_log_is_no_history(log: list[SealedEventFacts]) -> None:
    with pytest.raises(BrokenSealedLog):
        replay(log)
