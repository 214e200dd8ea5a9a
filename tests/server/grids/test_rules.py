from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import RuleViolation
from server.grids.rules import GridKind, SizeCheck, SizeVerdict, check_attachment, kind_of, size_check

URBAN, RURAL, DEDICATED = GridKind("URBAN", 200), GridKind("RURAL", 50, 25), GridKind("DEDICATED")
JIAMUSI = {kind.code: kind for kind in (URBAN, RURAL, DEDICATED)}


@pytest.mark.parametrize(
    ("kind", "households", "expected"),
    [
        (URBAN, 159, SizeCheck(SizeVerdict.TOO_SMALL, 160, 240)),
        (URBAN, 160, SizeCheck(SizeVerdict.WITHIN, 160, 240)),
        (URBAN, 240, SizeCheck(SizeVerdict.WITHIN, 160, 240)),
        (URBAN, 241, SizeCheck(SizeVerdict.TOO_LARGE, 160, 240)),
        (URBAN, 500, SizeCheck(SizeVerdict.TOO_LARGE, 160, 240)),
        (RURAL, 37, SizeCheck(SizeVerdict.TOO_SMALL, 38, 62)),
        (RURAL, 38, SizeCheck(SizeVerdict.WITHIN, 38, 62)),
        (RURAL, 63, SizeCheck(SizeVerdict.TOO_LARGE, 38, 62)),
        (DEDICATED, 0, SizeCheck(SizeVerdict.EXEMPT, None, None)),
        (GridKind("ANY", 50, 200), 0, SizeCheck(SizeVerdict.WITHIN, 0, 150)),
    ],
)
def test_a_size_is_compared_with_target_and_tolerance(kind: GridKind, households: int, expected: SizeCheck) -> None:
    assert size_check(kind, households) == expected


@given(st.integers(1, 10_000), st.integers(0, 500))
def test_the_target_itself_is_always_within(target: int, tolerance: int) -> None:
    assert size_check(GridKind("ANY", target, tolerance), target).verdict is SizeVerdict.WITHIN


def test_households_are_not_negative() -> None:
    with pytest.raises(RuleViolation) as caught:
        size_check(DEDICATED, -1)
    assert caught.value.code == "GRID_HOUSEHOLDS_NEGATIVE"


def test_only_kinds_of_the_policy_are_cut() -> None:
    assert kind_of(JIAMUSI, "RURAL") is RURAL
    with pytest.raises(RuleViolation) as caught:
        kind_of(JIAMUSI, "ALL_SUBJECT")
    assert caught.value.code == "GRID_KIND_NOT_LISTED"
    assert str(caught.value) == "This city cuts no ALL_SUBJECT grids; its kinds are URBAN, RURAL, DEDICATED."


def test_grids_attach_only_where_the_level_lets_them() -> None:
    levels = frozenset({"community", "village"})
    check_attachment("village", levels)
    with pytest.raises(RuleViolation) as caught:
        check_attachment("street", levels)
    assert caught.value.code == "GRID_LEVEL_NOT_ALLOWED"
