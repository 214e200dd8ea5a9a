"""Verifying finds whatever the owner of the tables may do to a sealed trail, and nothing in one that nobody touched."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from server.audit.keys import HeadKeys
from server.audit.rules import genesis, seal_hash
from server.audit.service.entries import entry_of
from server.audit.service.sealing import first_id
from server.audit.service.verifying import Fault
from tenants.clock import now
from tenants.ids import uuid7
from tests.server.audit.conftest import Trail

Tamper = Callable[[Trail, list[UUID], int], Awaitable[object]]
COUNT, HEADS = 12, (5, 12)


async def test_a_trail_that_nobody_touched_is_right(trail: Trail) -> None:
    await trail.standing(COUNT, HEADS)
    await trail.write(2)
    await trail.seal()
    await trail.write(3)
    found = await trail.verify(*await trail.heads())
    assert (found.finding, found.entries, found.covered, found.heads, found.unsealed) == (None, 14, 12, 4, 3)


async def test_a_trail_that_grows_meanwhile_is_right(trail: Trail) -> None:
    async def grow() -> None:
        for _ in range(40):
            await trail.write()
            await trail.seal()
            await trail.sign()

    growing = asyncio.create_task(grow())
    found = []
    while not growing.done():
        found.append(await trail.verify())
    assert [each.finding for each in found] == [None] * len(found)
    assert len({each.entries for each in found}) > 1


async def test_an_empty_trail_is_right(trail: Trail) -> None:
    found = await trail.verify()
    assert (found.finding, found.entries, found.covered, found.unsealed) == (None, 0, 0, 0)
    assert (found.late, found.first_late) == (0, None)


async def _changed(trail: Trail, column: str, value: str, entry_id: UUID) -> None:
    await trail.owner.execute(f"update audit_entry set {column} = {value} where id = $1", entry_id)  # noqa: S608 - ours


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("detail", "jsonb_set(detail, '{version}', '77')"),
        ("detail", "detail || '{\"more\": null}'"),
        ("detail", "'{}'"),
        ("at", "at + interval '1 microsecond'"),
        ("actor_kind", "'SYSTEM'"),
        ("actor_id", "null"),
        ("actor_id", "gen_random_uuid()"),
        ("actor_name", "'somebody else'"),
        ("actor_name", "null"),
        ("action", "'case:claim'"),
        ("object_type", "'grid'"),
        ("object_id", "gen_random_uuid()"),
        ("request_id", "'-'"),
        ("outcome", "'REFUSED'"),
    ],
)
async def test_a_changed_entry_is_named(trail: Trail, column: str, value: str) -> None:
    ids = await trail.standing(4, [4])
    await _changed(trail, column, value, ids[2])
    found = (await trail.verify()).finding
    assert found is not None
    assert (found.fault, found.seq, found.entry_id) == (Fault.ENTRY_CHANGED, 3, ids[2])


async def test_a_removed_entry_is_named(trail: Trail) -> None:
    ids = await trail.standing(4, [4])
    await trail.owner.execute("delete from audit_entry where id = $1", ids[1])
    found = (await trail.verify()).finding
    assert found is not None
    assert (found.fault, found.seq, found.entry_id) == (Fault.ENTRY_MISSING, 2, ids[1])


async def test_an_entry_removed_with_its_seal_leaves_a_gap(trail: Trail) -> None:
    ids = await trail.standing(4, [])
    await trail.owner.execute("delete from audit_entry where id = $1", ids[1])
    await trail.owner.execute("delete from audit_seal where entry_id = $1", ids[1])
    assert await trail.fault() == (Fault.SEAL_MISSING, 2)


async def test_swapped_entries_are_found_at_the_first(trail: Trail) -> None:
    ids = await trail.standing(6, [6])
    await trail.owner.execute("alter table audit_seal drop constraint uq_audit_seal_tenant_id_entry_id")
    await trail.owner.execute(
        "update audit_seal set entry_id = case when entry_id = $1 then $2::uuid else $1 end where entry_id in ($1, $2)",
        ids[1],
        ids[4],
    )
    assert await trail.fault() == (Fault.ENTRY_CHANGED, 2)


async def test_an_entry_added_without_a_seal_is_named_when_a_head_should_have_found_it(trail: Trail) -> None:
    ids = await trail.standing(4, [4])
    added = UUID(int=first_id(now() - timedelta(days=2)).int | 0x7 << 76)
    await trail.owner.execute(
        "insert into audit_entry select tenant_id, at, actor_kind, actor_id, actor_name, action, object_type, object_id,"
        " request_id, detail, $1, outcome from audit_entry where id = $2",
        added,
        ids[0],
    )
    found = (await trail.verify()).finding
    assert found is not None
    assert (found.fault, found.entry_id) == (Fault.ENTRY_ADDED, added)


async def test_entries_that_were_sealed_long_after_their_time_are_counted(trail: Trail) -> None:
    """So is one that was added past the program with an old date, and sealed by the next look at all entries."""
    await trail.standing(3, [3])
    for hours in (1, 3):
        await trail.write_at(now() - timedelta(hours=hours))
    await trail.seal()
    found = await trail.verify()
    assert (found.finding, found.entries, found.late, found.first_late) == (None, 5, 1, 5)


async def test_a_cut_chain_is_found_by_the_heads_in_the_database(trail: Trail) -> None:
    ids = await trail.standing(COUNT, HEADS)
    await _cut(trail, ids, 9, heads=False)
    assert await trail.fault() == (Fault.CHAIN_CUT, 9)


async def test_a_chain_cut_with_its_heads_is_found_by_a_head_that_was_kept(trail: Trail) -> None:
    ids = await trail.standing(COUNT, HEADS)
    kept = (await trail.heads())[-1]
    await _cut(trail, ids, 9, heads=True)
    assert await trail.fault() is None
    assert await trail.fault(kept) == (Fault.CHAIN_CUT, 9)


async def test_a_chain_that_goes_on_after_a_cut_shows_the_gap(trail: Trail) -> None:
    ids = await trail.standing(COUNT, [])
    await trail.owner.execute("delete from audit_seal where seq > 9")
    await trail.owner.execute("delete from audit_entry where id = any($1)", ids[9:])
    await trail.write(2)
    await trail.seal()
    assert await trail.fault() == (Fault.SEAL_MISSING, 10)


async def test_a_changed_head_is_no_head(trail: Trail) -> None:
    await trail.standing(COUNT, HEADS)
    await trail.owner.execute("update audit_head set at = at + interval '1 second' where seq = 12")
    assert await trail.fault() == (Fault.HEAD_FORGED, 12)


async def test_a_chain_made_anew_contradicts_its_heads(trail: Trail) -> None:
    ids = await trail.standing(COUNT, HEADS)
    await _changed(trail, "actor_name", "'nobody'", ids[6])
    await _rehash(trail)
    found = (await trail.verify()).finding
    assert found is not None
    assert (found.fault, found.seq, found.after) == (Fault.CHAIN_REWRITTEN, 12, 5)


async def test_heads_made_anew_without_the_key_are_no_heads(trail: Trail) -> None:
    ids = await trail.standing(COUNT, HEADS)
    await _changed(trail, "actor_name", "'nobody'", ids[6])
    await _rehash(trail)
    await trail.owner.execute("update audit_head h set hash = s.hash from audit_seal s where s.seq = h.seq")
    assert await trail.fault() == (Fault.HEAD_FORGED, 12)
    stranger = HeadKeys("the secret of somebody else, long enough")
    (head, *_rest) = [each.head for each in await trail.heads() if each.head.seq == 12]
    forged = stranger.sign(replace(head, key_id=stranger.id))
    await trail.owner.execute("update audit_head set key = $1, signature = $2 where seq = 12", stranger.id, forged)
    assert await trail.fault() == (Fault.HEAD_FORGED, 12)


async def test_a_retired_key_proves_its_heads_as_long_as_it_is_known(trail: Trail) -> None:
    await trail.standing(4, [4])
    retired = trail.keys
    trail.keys = HeadKeys("the next secret, which is long enough, too", retired=[retired.public.hex()])
    await trail.write()
    await trail.seal()
    await trail.sign()
    found = await trail.verify()
    assert (found.finding, found.covered, found.heads) == (None, 5, 2)
    trail.keys = HeadKeys("the next secret, which is long enough, too")
    assert await trail.fault() == (Fault.HEAD_FORGED, 4)


async def test_a_head_of_another_city_proves_nothing_here(trail: Trail) -> None:
    await trail.standing(4, [4])
    (signed,) = await trail.heads()
    elsewhere = replace(signed.head, tenant_id=uuid7())
    assert await trail.fault(replace(signed, head=elsewhere, signature=trail.keys.sign(elsewhere))) == (
        Fault.HEAD_FORGED,
        4,
    )


async def _cut(trail: Trail, ids: list[UUID], first: int, *, heads: bool) -> None:
    """Remove everything from a place on, the count of seals put back as well."""
    await trail.owner.execute("delete from audit_seal where seq >= $1", first)
    await trail.owner.execute("delete from audit_entry where id = any($1)", ids[first - 1 :])
    await trail.owner.execute("update tenant_counter set last = $1 where name = 'audit_seal'", first - 1)
    if heads:
        await trail.owner.execute("delete from audit_head where seq >= $1", first)


async def _rehash(trail: Trail) -> None:
    """Compute the whole chain anew from what the rows hold now: what anybody could who knows this program."""
    rows = await trail.owner.fetch(
        "select s.seq, s.sealed_at, e.id::text, to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
        "actor_kind, actor_id::text, actor_name, action, object_type, object_id::text, request_id, outcome, detail::text "
        "from audit_seal s join audit_entry e on e.id = s.entry_id order by seq"
    )
    link = genesis(trail.tenant_id)
    for seq, sealed_at, *values in rows:
        prev, link = link, seal_hash(link, seq, sealed_at, entry_of(values))
        await trail.owner.execute("update audit_seal set prev_hash = $1, hash = $2 where seq = $3", prev, link, seq)


async def _change_some_column(trail: Trail, ids: list[UUID], place: int) -> None:
    column, value = Random(place).choice(  # noqa: S311 - a seed, not a secret
        [("action", "action || 'x'"), ("detail", "detail || '{\"x\": 1}'"), ("object_id", "gen_random_uuid()")]
    )
    await _changed(trail, column, value, ids[place - 1])


async def _remove_entry(trail: Trail, ids: list[UUID], place: int) -> None:
    await trail.owner.execute("delete from audit_entry where id = $1", ids[place - 1])


async def _remove_seal(trail: Trail, _ids: list[UUID], place: int) -> None:
    await trail.owner.execute("delete from audit_seal where seq = $1", place)


async def _move_seal(trail: Trail, _ids: list[UUID], place: int) -> None:
    await trail.owner.execute("update audit_seal set seq = seq + 1000 where seq = $1", place)


async def _change_hash(trail: Trail, _ids: list[UUID], place: int) -> None:
    await trail.owner.execute("update audit_seal set hash = sha256(hash) where seq = $1", place)


async def _change_time_of_sealing(trail: Trail, _ids: list[UUID], place: int) -> None:
    await trail.owner.execute("update audit_seal set sealed_at = sealed_at - interval '1 day' where seq = $1", place)


async def _put_other_entry(trail: Trail, ids: list[UUID], place: int) -> None:
    """Put a copy of an entry, under a new id, into a place of the chain."""
    added = uuid7()
    await trail.owner.execute(
        "insert into audit_entry select tenant_id, at, actor_kind, actor_id, actor_name, action, object_type, object_id,"
        " request_id, detail, $1, outcome from audit_entry where id = $2",
        added,
        ids[place - 1],
    )
    await trail.owner.execute("update audit_seal set entry_id = $1 where seq = $2", added, place)


async def _make_room(trail: Trail, ids: list[UUID], place: int) -> None:
    """Insert a link: all from a place on move up by one, and a copy takes the place."""
    await trail.owner.execute("update audit_seal set seq = seq + 1000 where seq >= $1", place)
    await trail.owner.execute("update audit_seal set seq = seq - 999 where seq > 1000")
    added = uuid7()
    await trail.owner.execute(
        "insert into audit_entry select tenant_id, at, actor_kind, actor_id, actor_name, action, object_type, object_id,"
        " request_id, detail, $1, outcome from audit_entry where id = $2",
        added,
        ids[place - 1],
    )
    await trail.owner.execute(
        "insert into audit_seal select tenant_id, $1, $2, prev_hash, hash, sealed_at from audit_seal where seq = $3",
        place,
        added,
        place + 1,
    )


async def _rewrite_from(trail: Trail, ids: list[UUID], place: int) -> None:
    await _changed(trail, "actor_name", "'nobody'", ids[place - 1])
    await _rehash(trail)


async def _cut_from(trail: Trail, ids: list[UUID], place: int) -> None:
    await _cut(trail, ids, place, heads=False)


AT_ONE_PLACE: tuple[Tamper, ...] = (_make_room, _rewrite_from, _cut_from)
TAMPERS: tuple[Tamper, ...] = (
    *AT_ONE_PLACE,
    _change_some_column,
    _remove_entry,
    _remove_seal,
    _move_seal,
    _change_hash,
    _change_time_of_sealing,
    _put_other_entry,
)
_TABLES = ("audit_entry", "audit_seal", "audit_head", "tenant_counter")


@pytest.mark.parametrize("seed", range(6))
async def test_tampering_at_random_is_found_where_it_begins(trail: Trail, seed: int) -> None:
    """Each kind at random places: what is named is the first place touched, or the first head that contradicts it."""
    random = Random(seed)  # noqa: S311 - a seed, not a secret
    ids = await trail.standing(COUNT, HEADS)
    for table in _TABLES:
        await trail.owner.execute(f"create table kept_{table} as table {table}")
    for tamper in random.sample(TAMPERS, len(TAMPERS)):
        most = 1 if tamper in AT_ONE_PLACE else 3
        places = sorted(random.sample(range(1, COUNT + 1), random.randint(1, most)), reverse=True)
        for place in places:
            await tamper(trail, ids, place)
        found = (await trail.verify()).finding
        assert found is not None, (tamper, places)
        if tamper is _rewrite_from:
            proven = next(head for head in HEADS if head >= places[0])
            assert (found.fault, found.seq) == (Fault.CHAIN_REWRITTEN, proven), places
            assert found.after is not None
            assert found.after < places[0]
        else:
            assert found.seq == places[-1], (tamper, places, found)
        for table in reversed(_TABLES):
            await trail.owner.execute(f"delete from {table}")  # noqa: S608 - ours
        for table in _TABLES:
            await trail.owner.execute(f"insert into {table} table kept_{table}")
        assert await trail.fault() is None
