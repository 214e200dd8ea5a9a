"""What a claim names, and where the secrets of cities lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.identity_providers.client_secrets import ClientSecrets
from server.identity_providers.rules import phone_digits, vouched


@pytest.mark.parametrize(
    ("claims", "claim", "value"),
    [
        ({"no": "A-17"}, "no", "A-17"),
        ({"no": 17}, "no", None),
        ({}, "no", None),
        ({"email": "a@b.example"}, "email", None),
        ({"email": "a@b.example", "email_verified": "true"}, "email", None),
        ({"email": "a@b.example", "email_verified": True}, "email", "a@b.example"),
        ({"phone_number": "+8613900000001", "phone_number_verified": False}, "phone_number", None),
    ],
)
def test_what_a_provider_vouches_for(claims: dict[str, Any], claim: str, value: str | None) -> None:
    assert vouched(claims, claim) == value


@pytest.mark.parametrize(
    ("phone", "digits"),
    [
        ("+86 139-0000-0001", ("8613900000001", "13900000001")),
        ("13900000001", ("13900000001", "8613900000001")),
        ("", ()),
        ("13900000001;drop", ()),
        ("1" * 40, ()),
    ],
)
def test_numbers_with_and_without_the_country(phone: str, digits: tuple[str, ...]) -> None:
    assert phone_digits(phone) == digits


async def test_a_secret_is_read_anew_at_each_use(tmp_path: Path) -> None:
    secrets = ClientSecrets(tmp_path)
    assert await secrets.find("daye", "staff") is None
    (tmp_path / "daye.staff").write_text("one\n", encoding="utf-8")
    assert await secrets.find("daye", "staff") == "one"
    (tmp_path / "daye.staff").write_text("two", encoding="utf-8")
    assert await secrets.find("daye", "staff") == "two"
    assert await secrets.find("jiamusi", "staff") is None
    assert await ClientSecrets(None).find("daye", "staff") is None
