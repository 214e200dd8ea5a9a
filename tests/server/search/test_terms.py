from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.search.terms import LONGEST_TERM, MOST_TERMS, asked_terms, terms_of


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("  ,;!?。、——", []),
        ("😀👍🏽", []),
        ("\x00\x1f", []),
        ("\ud800路灯\udfff", ["路", "路灯"]),
        ("Street lamp", ["street", "lamp"]),
        ("STRASSE Straße", ["strasse"]),
        ("王", ["王"]),
        ("王小明", ["王", "王小", "小明"]),
        ("热合曼·买买提", ["热", "热合", "合曼", "买", "买买", "买提"]),
        ("路灯不亮,已3天", ["路", "路灯", "灯不", "不亮", "已", "3", "天"]),
        ("3号楼A座", ["3", "号", "号楼", "a", "座"]),
        ("ＷＩＦＩ ５Ｇ", ["wifi", "5g"]),
        ("ｶﾀｶﾅ", ["カ", "カタ", "タカ", "カナ"]),
        ("한국", ["한", "한국"]),
        ("𠮷野家", ["𠮷", "𠮷野", "野家"]),
        ("①号", ["1", "号"]),
        ("follow-up", ["follow-up", "up", "follow"]),
        ("snake_case", ["snake", "case"]),
        ("😀lamp😀", ["lamp"]),
        ("Улица Ленина", ["улица", "ленина"]),
    ],
)
def test_a_text_stands_under_these_terms(text: str, terms: list[str]) -> None:
    assert terms_of([text]) == terms


@pytest.mark.parametrize(
    ("code", "terms"),
    [
        ("DAYE-2026-000123", ["daye-2026-000123", "2026-000123", "000123"]),
        ("HUANGSHAN-X2026-000001", ["huangshan-x2026-000001", "x2026-000001", "000001"]),
        ("jiamusi-00012", ["jiamusi-00012", "00012"]),
        ("g12", ["g12"]),
        ("网格12", ["网", "网格", "12"]),
    ],
)
def test_a_code_stands_under_its_ends_only(code: str, terms: list[str]) -> None:
    assert terms_of([], [code]) == terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("?!", []),
        ("😀", []),
        ("王", ["王"]),
        ("王小", ["王小"]),
        ("王小明 lamp", ["王小", "小明", "lamp"]),
        ("DAYE-2026-000123", ["daye-2026-000123"]),
        ("lamp lamp LAMP", ["lamp"]),
        ("５楼", ["5", "楼"]),
    ],
)
def test_a_search_asks_for_these_terms(text: str, terms: list[str]) -> None:
    assert asked_terms(text) == terms


def test_terms_are_few_and_short() -> None:
    assert terms_of(["x" * 1_000]) == ["x" * LONGEST_TERM] == asked_terms("x" * 1_000)
    many = terms_of([" ".join(str(number) for number in range(1_000))])
    assert many == [str(number) for number in range(MOST_TERMS)]


@given(st.text(max_size=100))
def test_every_text_of_a_search_length_is_found_by_itself(text: str) -> None:
    assert set(asked_terms(text)) <= set(terms_of([text]))


@given(st.lists(st.from_regex(r"[0-9A-Za-z\u4e00-\u9fff]{1,8}", fullmatch=True), min_size=1, max_size=8), st.data())
def test_every_word_and_every_end_of_a_number_finds_it(words: list[str], data: st.DataObject) -> None:
    number = data.draw(st.integers(min_value=0, max_value=10**9))
    found = set(terms_of([" ".join(words)], [f"CITY-2026-{number:06d}"]))
    assert all(set(asked_terms(word)) <= found for word in words)
    assert set(asked_terms(f"{number:06d}")) <= found


@given(st.text())
def test_terms_can_be_stored(text: str) -> None:
    for term in terms_of([text], [text]):
        assert 0 < len(term) <= LONGEST_TERM
        term.encode()
        assert "\x00" not in term
