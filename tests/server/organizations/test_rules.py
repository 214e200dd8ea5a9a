from __future__ import annotations

import pytest

from server.errors import RuleViolation
from server.organizations.rules import LevelRule, TreeRules, check_placement, is_within, parent_levels, path_of

PARTY, OFFICE = frozenset({"party_committee"}), frozenset({"party_committee", "office"})
HOHHOT = TreeRules(
    {
        rule.code: rule
        for rule in (
            LevelRule("city", 7, OFFICE),
            LevelRule("street", 5, OFFICE),
            LevelRule("community", 4, PARTY, grids=True),
            LevelRule("compound", 3, PARTY, grids=True),
            LevelRule("zone", 6, OFFICE),
        )
    },
    (("city", "street", "community", "compound"), ("street", "compound")),
)


@pytest.mark.parametrize(
    ("level", "kind", "parent_level"),
    [
        ("city", "office", None),
        ("street", "office", "city"),
        ("street", "office", None),
        ("community", "party_committee", "street"),
        ("compound", "party_committee", "community"),
        ("compound", "party_committee", "street"),
    ],
)
def test_a_parent_is_of_the_level_right_above_in_some_chain(level: str, kind: str, parent_level: str | None) -> None:
    assert check_placement(HOHHOT, level=level, kind=kind, parent_level=parent_level) == HOHHOT.levels[level]


@pytest.mark.parametrize(
    ("level", "kind", "parent_level", "code"),
    [
        ("building", "party_committee", "community", "LEVEL_NOT_LISTED"),
        ("zone", "office", "city", "LEVEL_NOT_LISTED"),
        ("community", "office", "street", "KIND_NOT_ALLOWED"),
        ("community", "party_committee", "city", "LEVEL_SKIPPED"),
        ("community", "party_committee", None, "LEVEL_SKIPPED"),
        ("community", "party_committee", "community", "LEVEL_SKIPPED"),
        ("street", "office", "community", "LEVEL_SKIPPED"),
        ("city", "office", "street", "LEVEL_SKIPPED"),
    ],
)
def test_what_may_not_stand_there(level: str, kind: str, parent_level: str | None, code: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_placement(HOHHOT, level=level, kind=kind, parent_level=parent_level)
    assert caught.value.code == code


def test_a_refusal_says_what_would_do() -> None:
    with pytest.raises(RuleViolation) as caught:
        check_placement(HOHHOT, level="compound", kind="party_committee", parent_level="city")
    assert str(caught.value) == "An organization of level compound stands under community or street, not under city."


def test_the_levels_above() -> None:
    assert parent_levels(HOHHOT, "compound") == {"community", "street"}
    assert parent_levels(HOHHOT, "street") == {"city", None}
    assert parent_levels(HOHHOT, "building") == frozenset()


def test_a_path_is_the_codes_from_the_root() -> None:
    city = path_of("", "hohhot")
    street = path_of(city, "north-road_2")
    assert (city, street) == ("hohhot/", "hohhot/north-road_2/")
    assert is_within(street, city)
    assert is_within(city, city)
    assert not is_within("hohhot/north-road_20/", street)


@pytest.mark.parametrize("code", ["", "North", "a/b", "a,b", "-a", "a" * 64, "a\n", "街道"])
def test_a_code_that_could_break_a_path_is_refused(code: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        path_of("hohhot/", code)
    assert caught.value.code == "ORGANIZATION_CODE_INVALID"
