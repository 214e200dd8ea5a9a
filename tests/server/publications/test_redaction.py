"""What a draft must not say, however it is written (T23, P-13)."""

from __future__ import annotations

import pytest

from server.errors import AppError
from server.publications import rules
from server.publications.rules import Draft, Finding, FindingKind, Forbidden, PublicationStatus, findings_in
from tenants.ids import uuid7
from tenants.manifest.keeping import HEALTH_WORDS, MINOR_WORDS, PETITION_WORDS

K = FindingKind
CASE = Forbidden(
    names=frozenset({"欧阳小明", "Nuo Ouyang", "李强"}),
    places=frozenset({"阳光网格", "sunny-grid"}),
    health=HEALTH_WORDS,
    minors=MINOR_WORDS,
    petitions=PETITION_WORDS,
)


def found(text: str) -> list[tuple[FindingKind, str]]:
    return [(finding.kind, finding.text) for finding in findings_in(Draft("Bins", text, "Emptied"), CASE)]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("请拨打13812345678联系", K.PHONE, "13812345678"),
        ("call 138-1234-5678 please", K.PHONE, "138-1234-5678"),
        ("call 138 1234 5678 please", K.PHONE, "138 1234 5678"),
        ("电话一三八一二三四五六七八", K.PHONE, "一三八一二三四五六七八"),
        ("电话138\u200b12345678", K.PHONE, "13812345678"),
        ("座机0454-8765432", K.PHONE, "0454-8765432"),
        ("身份证23080319800501123X", K.ID_NUMBER, "23080319800501123X"),
        ("passport E12345678", K.ID_NUMBER, "E12345678"),
        ("写信到nuo.o@mail.example.com", K.EMAIL, "nuo.o@mail.example.com"),
        ("nuo＠example.com", K.EMAIL, "nuo@example.com"),
        ("见 https://example.org/nuo?x=1 。", K.LINK, "https://example.org/nuo?x=1"),
        ("见nuo.example.cn/home,谢谢", K.LINK, "nuo.example.cn/home,"),
        ("www.example.invalid says so", K.LINK, "www.example.invalid"),
        ("黑H·12345占道", K.PLATE, "黑H·12345"),
        ("鄂ad12345停在门口", K.PLATE, "鄂ad12345"),
        ("欧阳小明反映", K.NAME, "欧阳小明"),
        ("小明反映", K.NAME, "小明"),
        ("明明和小明反映", K.NAME, "小明"),
        ("李 强处理", K.NAME, "李强"),
        ("NUO OUYANG said so", K.NAME, "Nuo Ouyang"),
        ("王大爷反映", K.NAME, "王大爷"),
        ("as Mr. Wang said", K.NAME, "Mr. Wang"),
        ("阳光网格的垃圾桶", K.PLACE, "阳光网格"),
        ("in Sunny-Grid the bins", K.PLACE, "sunny-grid"),
        ("三号楼门前", K.HOUSE_NUMBER, "三号楼"),
        ("2单元漏水", K.HOUSE_NUMBER, "2单元"),
        ("十栋漏水", K.HOUSE_NUMBER, "十栋"),
        ("Room 302 leaks", K.HOUSE_NUMBER, "Room 302"),
        ("长安路15号门前", K.HOUSE_NUMBER, "15号"),
        ("他是糖尿病患者", K.HEALTH, "糖尿病"),
        ("a pregnant tenant", K.HEALTH, "pregnant"),
        ("有小孩在玩", K.MINOR, "小孩"),
        ("children play there", K.MINOR, "children"),
        ("曾经信访", K.PETITION, "信访"),
    ],
)
def test_what_must_not_be_public_is_found(text: str, kind: FindingKind, said: str) -> None:
    assert (kind, said) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "社区垃圾桶清运不及时,11月3号前已整改。",
        "The lamps of 12 households were mended on 2026-11-03 for 120000 yuan.",
        "2026年11月完成,覆盖300户。",
        "一位女士反映路灯不亮。",
        "Nobody said anything; a minor repair did it.",
    ],
)
def test_ordinary_words_are_let_through(text: str) -> None:
    assert found(text) == []


def test_findings_say_where_each_once_and_end_somewhere() -> None:
    draft = Draft("李强", "李强 李强", "fine")
    assert findings_in(draft, CASE) == [Finding(K.NAME, "title", "李强"), Finding(K.NAME, "asked", "李强")]
    many = Draft("t", " ".join(f"Room {number}" for number in range(100)), "d")
    assert len(findings_in(many, CASE)) == rules.MOST_FINDINGS


def test_four_eyes_look_at_what_is_clean() -> None:
    drafter, other = uuid7(), uuid7()
    assert rules.check_other(drafter, other) == other
    for member_id, code in ((drafter, "PUBLICATION_OWN_DRAFT"), (None, "FORBIDDEN")):
        with pytest.raises(AppError) as caught:
            rules.check_other(drafter, member_id)
        assert caught.value.code == code
    rules.check_clean([])
    with pytest.raises(AppError) as caught:
        rules.check_clean([Finding(K.PHONE, "asked", "13812345678")])
    assert caught.value.code == "PUBLICATION_FINDINGS"
    assert "asked: 13812345678 (PHONE)" in str(caught.value)


@pytest.mark.parametrize(
    ("step", "possible"),
    [("draft", {"DRAFT", "CHECKED"}), ("check", {"DRAFT"}), ("withdraw", {"PUBLISHED"})],
)
def test_each_step_has_its_states(step: str, possible: set[str]) -> None:
    for status in PublicationStatus:
        if status in possible:
            rules.check_status(step, status)
        else:
            with pytest.raises(AppError) as caught:
                rules.check_status(step, status)
            assert caught.value.code == "PUBLICATION_WRONG_STATUS"
