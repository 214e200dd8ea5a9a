"""The bytes that are hashed and signed stay what they are: an old chain must verify with every later release."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audit.heads import SignedHead, exported, imported
from server.audit.keys import HeadKeys, id_of
from server.audit.rules import Entry, Head, entry_bytes, genesis, head_text, instant, seal_hash
from server.errors import Invalid

TENANT = UUID("0192f3c4-0000-7000-8000-000000000001")
AT = datetime(2026, 3, 2, 4, 5, 6, 7, tzinfo=UTC)
ENTRY = Entry(
    id="0192f3c4-0000-7000-8000-000000000002",
    at="2026-03-02T04:05:06.000007Z",
    actor_kind="USER",
    actor_id=None,
    actor_name="调度员",
    action="case:dispatch",
    object_type="case",
    object_id="0192f3c4-0000-7000-8000-000000000003",
    request_id="-",
    detail='{"told": ["a", "b"], "level": 4, "kind": "DISPATCHED", "from": null, "late": true, "in": false, "x": 1.50}',
    outcome="DONE",
)
GOLDEN = (
    "s1:7s27:2026-03-02T04:06:06.000007Zs36:0192f3c4-0000-7000-8000-000000000002"
    "s27:2026-03-02T04:05:06.000007Zs4:USERns9:调度员s13:case:dispatchs4:case"
    "s36:0192f3c4-0000-7000-8000-000000000003s1:-s4:DONE"
    "m7:s4:fromns2:infs4:kinds10:DISPATCHEDs4:latets5:leveld1:4s4:toldl2:s1:as1:bs1:xd4:1.50"
)
SEALED_AT = AT + timedelta(minutes=1)


def test_the_bytes_of_an_entry() -> None:
    assert entry_bytes(7, SEALED_AT, ENTRY).decode() == GOLDEN


def test_the_hashes_of_a_chain() -> None:
    first = genesis(TENANT)
    assert first.hex() == "14853a7853e113ac5d4c6e2001af218c87bd28bc139e62d1b503bae3d3cf22f3"
    assert (
        seal_hash(first, 7, SEALED_AT, ENTRY).hex()
        == "347c4bb38223e8d5d13ab3eb2bc57599e7e5f131de234b2acd4e32efd5c39167"
    )


def test_the_text_of_a_head() -> None:
    head = Head(TENANT, 7, bytes(range(32)), AT, "0123456789abcdef")
    assert head_text(head).decode() == (
        "civicgrid audit head 1\n0192f3c4-0000-7000-8000-000000000001\n7\n"
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
        "2026-03-02T04:05:06.000007Z\n0123456789abcdef"
    )


def test_a_time_is_hashed_as_utc_whatever_zone_it_is_told_in() -> None:
    assert instant(AT.astimezone(timezone(timedelta(hours=8)))) == instant(AT) == "2026-03-02T04:05:06.000007Z"


@pytest.mark.parametrize(
    "other",
    [
        ENTRY._replace(actor_name=None),
        ENTRY._replace(actor_name=""),
        ENTRY._replace(outcome="REFUSED"),
        ENTRY._replace(at="2026-03-02T04:05:06.000008Z"),
        ENTRY._replace(action="case:dispatchs4:case", object_type=""),
        ENTRY._replace(detail="{}"),
        ENTRY._replace(detail="[]"),
        ENTRY._replace(detail='{"level": "4"}'),
        ENTRY._replace(detail='{"level": 4}'),
        ENTRY._replace(detail='{"level": 4.0}'),
        ENTRY._replace(detail='{"level": 40000000000000000000001}'),
        ENTRY._replace(detail='{"level": 40000000000000000000002}'),
    ],
)
def test_another_entry_has_other_bytes(other: Entry) -> None:
    others = {entry_bytes(7, SEALED_AT, each) for each in (ENTRY, other)} | {entry_bytes(8, SEALED_AT, ENTRY)}
    assert len(others) == 3


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abß文", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(_VALUES, _VALUES)
def test_two_details_have_the_same_bytes_only_if_they_are_the_same(one: Any, other: Any) -> None:
    first, second = (ENTRY._replace(detail=orjson.dumps(value).decode()) for value in (one, other))
    same = orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
    assert (entry_bytes(1, AT, first) == entry_bytes(1, AT, second)) is same


def test_a_head_is_proven_by_the_key_that_signed_it_and_no_other() -> None:
    keys, others = HeadKeys("a secret of thirty-two characters"), HeadKeys("another secret of more than that.")
    head = Head(TENANT, 7, bytes(32), AT, keys.id)
    signature = keys.sign(head)
    assert keys.verify(head, signature)
    assert not keys.verify(replace(head, seq=8), signature)
    assert not keys.verify(replace(head, key_id=others.id), signature)
    assert not others.verify(head, signature)
    assert not others.verify(replace(head, key_id=others.id), signature)
    later = HeadKeys("another secret of more than that.", retired=[keys.public.hex()])
    assert (later.verify(head, signature), later.knows(keys.id), later.id) == (True, True, others.id)
    assert keys.id == id_of(keys.public)


def test_an_exported_head_is_read_as_it_was() -> None:
    keys = HeadKeys("a secret of thirty-two characters")
    head = Head(TENANT, 7, bytes(range(32)), AT, keys.id)
    signed = SignedHead(head, keys.sign(head))
    assert imported(exported(signed, public=keys.public).encode()) == signed


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"format": "another"}', b"\xff", b"7"])
def test_another_file_is_no_head(text: bytes) -> None:
    with pytest.raises(Invalid, match="holds no head"):
        imported(text)
