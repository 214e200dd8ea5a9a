"""Numbers, codes and masks."""

from __future__ import annotations

import asyncpg
import pytest

from migrations.roles import DatabaseUrls
from server.errors import Invalid
from server.phones.rules import masked_name, masked_number, number_of, plain_code
from server.residents.models import PHONE_NUMBER

NUMBERS = {
    "13800000001": "+8613800000001",
    "138 0000-0001": "+8613800000001",
    "8613800000001": "+8613800000001",
    "+86 138 0000 0001": "+8613800000001",
    "008613800000001": "+8613800000001",
    "+44 7700 900123": "+447700900123",
    "0044 7700 900123": "+447700900123",
    "+8602712345678": "+8602712345678",
}
NONE = ("12800000001", "1380000000", "138000000011", "02712345678", "+0123456789", "+123456", "00", "+1234567890123456")


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_a_number_has_one_form(text: str, number: str) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize("text", NONE)
def test_other_texts_are_none(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        number_of(text, field="newPhone")
    assert (refused.value.code, refused.value.field) == ("PHONE_INVALID", ("newPhone",))


async def test_the_database_goes_by_the_same_rule(db_urls: DatabaseUrls) -> None:
    connection = await asyncpg.connect(db_urls.app)
    try:
        texts = [*NUMBERS, *NONE, None]
        asked = f"select {PHONE_NUMBER} from unnest($1::text[]) with ordinality as t(phone, place) order by place"  # noqa: S608 - our own constant
        found = [row[0] for row in await connection.fetch(asked, texts)]
    finally:
        await connection.close()
    assert dict(zip(texts, found, strict=True)) == NUMBERS | dict.fromkeys((*NONE, None))


def test_a_code_may_have_spaces_and_nothing_else() -> None:
    assert [plain_code(text) for text in ("123456", " 123 456 ", "12345", "1234567", "１２３４５６", "abcdef")] == [
        "123456",
        "123456",
        "",
        "",
        "",
        "",
    ]


def test_masks_show_no_more_than_is_needed() -> None:
    assert (masked_number("+8613800000001"), masked_number("+4477009")) == ("+86138******01", "+4477009"[:6] + "09")
    assert [masked_name(name) for name in ("林小海", "林海", "Lin Hai", "林", "")] == [
        "**海",
        "*海",
        "******i",
        "林",
        "",
    ]
