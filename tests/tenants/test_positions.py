"""A sealed position opens where it was sealed and nowhere else, and tells nothing."""

from __future__ import annotations

import base64
import itertools
from uuid import UUID

import pytest

from tenants.keys import Undecipherable
from tenants.positions import Positions

SECRET = "a secret of forty characters, no fewer.."
HERE, ELSEWHERE = UUID(int=1), UUID(int=2)
POSITIONS = Positions(SECRET)


def seal(number: int) -> str:
    return POSITIONS.seal(number, tenant_id=HERE, log="case_events")


@pytest.mark.parametrize("number", [0, 1, 3094, 2**31, 2**63 - 1])
def test_a_position_opens_in_another_process_with_the_same_secret(number: int) -> None:
    assert Positions(SECRET).unseal(seal(number), tenant_id=HERE, log="case_events") == number
    assert Positions(SECRET).seal(number, tenant_id=HERE, log="case_events") == seal(number)


@pytest.mark.parametrize(
    ("secret", "tenant_id", "log"),
    [("another " + SECRET, HERE, "case_events"), (SECRET, ELSEWHERE, "case_events"), (SECRET, HERE, "events")],
)
def test_a_position_opens_nowhere_else(secret: str, tenant_id: UUID, log: str) -> None:
    with pytest.raises(Undecipherable):
        Positions(secret).unseal(seal(3094), tenant_id=tenant_id, log=log)


def test_every_bit_counts() -> None:
    sealed = base64.urlsafe_b64decode(seal(3094))
    for bit in range(len(sealed) * 8):
        changed = (int.from_bytes(sealed, "big") ^ 1 << bit).to_bytes(len(sealed), "big")
        with pytest.raises(Undecipherable):
            POSITIONS.unseal(base64.urlsafe_b64encode(changed).decode(), tenant_id=HERE, log="case_events")


@pytest.mark.parametrize(
    "text", ["", "0", "3094", "A" * 31, "A" * 33, "+" * 32, "٣" * 32, "\ud800" * 32, "A" * 31 + "\n"]
)
def test_what_was_never_sealed_is_refused(text: str) -> None:
    with pytest.raises(Undecipherable):
        POSITIONS.unseal(text, tenant_id=HERE, log="case_events")


def test_neighbors_have_nothing_in_common() -> None:
    """Of 1,000 numbers in a row about half are larger than the one before, and about half of the bits differ."""
    sealed = [int.from_bytes(base64.urlsafe_b64decode(seal(number)), "big") for number in range(3000, 4000)]
    assert len(set(sealed)) == 1000
    pairs = list(itertools.pairwise(sealed))
    assert 450 < sum(one < other for one, other in pairs) < 550
    assert 94 < sum((one ^ other).bit_count() for one, other in pairs) / len(pairs) < 98
