"""One person's accounts are linked with a code, and no city learns of the others."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg

from server.accounts.models import Account
from server.errors import Conflict, Invalid, NotFound, NotPermitted, RuleViolation, Unauthenticated
from server.events.models import AuditEntry
from server.persons.models import LinkCode, PersonAccount
from server.persons.rules import GOOD_FOR
from tenants.context import ActorKind
from tests.server.persons.conftest import Desk

INVALID = (
    Invalid,
    "LINK_CODE_INVALID",
    ("code",),
    "The code is wrong, over or used; make another one in the other city.",
)


async def test_both_cities_are_seen_from_both(desk: Desk) -> None:
    here, there = await desk.platform.actor("daye", "analyst"), await desk.platform.actor("jiamusi", "analyst")
    assert await desk.cities(here) == [("daye", True)]
    await desk.linked(here, there)
    assert await desk.cities(here) == [("daye", True), ("jiamusi", False)]
    assert await desk.cities(there) == [("daye", False), ("jiamusi", True)]
    assert await desk.cities(await desk.platform.actor("daye", "tenant_admin")) == [("daye", True)]


async def test_a_code_is_good_once_and_for_ten_minutes(desk: Desk) -> None:
    here, there = await desk.platform.actor("daye", "analyst"), await desk.platform.actor("jiamusi", "analyst")
    first = await desk.persons.make_code(actor=there)
    second = await desk.persons.make_code(actor=there)
    assert await desk.refused(desk.persons.link(first.text, actor=here)) == INVALID
    desk.later(GOOD_FOR)
    assert await desk.refused(desk.persons.link(second.text, actor=here)) == INVALID
    desk.later(-timedelta(microseconds=1))
    await desk.persons.link(second.text, actor=here)
    assert await desk.refused(desk.persons.link(second.text, actor=here)) == INVALID
    assert await desk.rows(LinkCode, "platform") == []


async def test_two_who_use_a_code_at_once_are_one(desk: Desk) -> None:
    there = await desk.platform.actor("jiamusi", "analyst")
    code = (await desk.persons.make_code(actor=there)).text
    takers = [await desk.platform.actor("daye", name) for name in ("analyst", "tenant_admin", "resident")]
    answers = await asyncio.gather(*(desk.persons.link(code, actor=each) for each in takers), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Invalid", "Invalid", "NoneType"]
    assert len(await desk.rows(PersonAccount, "platform")) == 2


async def test_a_wrong_code_is_answered_alike(desk: Desk) -> None:
    here, there = await desk.platform.actor("daye", "analyst"), await desk.platform.actor("jiamusi", "analyst")
    right = (await desk.persons.make_code(actor=there)).text
    for code in (
        "",
        "x",
        f"cgl_{uuid4()}.{'a' * 43}",
        right[:-3] + ("abc" if right[-3:] != "abc" else "abd"),
        right * 9,
    ):
        assert await desk.refused(desk.persons.link(code, actor=here)) == INVALID
    await desk.persons.link(right, actor=here)


async def test_a_code_of_a_session_that_is_over_is_none(desk: Desk) -> None:
    here = await desk.platform.actor("daye", "analyst")
    there = await desk.again("jiamusi", "analyst")
    code = (await desk.persons.make_code(actor=there)).text
    await desk.platform.services.accounts.sign_out(actor=there)
    assert await desk.refused(desk.persons.link(code, actor=here)) == INVALID


async def test_a_code_of_a_disabled_account_or_suspended_city_is_none(desk: Desk) -> None:
    here, there = await desk.platform.actor("daye", "analyst"), await desk.platform.actor("jiamusi", "analyst")
    assert there.account_id is not None
    code = (await desk.persons.make_code(actor=there)).text
    await desk.set(Account, there.account_id, "jiamusi", status="DISABLED")
    assert await desk.refused(desk.persons.link(code, actor=here)) == INVALID
    await desk.set(Account, there.account_id, "jiamusi", status="ACTIVE")
    await desk.suspend("jiamusi")
    assert await desk.refused(desk.persons.link(code, actor=here)) == INVALID


async def test_one_account_in_each_city(desk: Desk) -> None:
    here, there = await desk.both()
    mate = await desk.platform.actor("daye", "tenant_admin")
    code = (await desk.persons.make_code(actor=mate)).text
    assert (await desk.refused(desk.persons.link(code, actor=here)))[:2] == (RuleViolation, "LINK_SAME_CITY")
    assert (await desk.refused(desk.persons.link(code, actor=there)))[:2] == (Conflict, "CITY_LINKED_ALREADY")
    assert await desk.cities(mate) == [("daye", True)]
    again = (await desk.persons.make_code(actor=there)).text
    await desk.persons.link(again, actor=here)
    assert len(await desk.rows(PersonAccount, "platform")) == 2


async def test_parting_leaves_nobody_alone_in_a_link(desk: Desk) -> None:
    here, there = await desk.both()
    refused = await desk.refused(desk.persons.unlink("huangshan", actor=here))
    assert refused == await desk.refused(desk.persons.unlink("atlantis", actor=here))
    assert refused[:3] == (NotFound, "NOT_FOUND", ("tenant",))
    await desk.persons.unlink("jiamusi", actor=here)
    assert (await desk.cities(here), await desk.cities(there)) == ([("daye", True)], [("jiamusi", True)])
    assert await desk.rows(PersonAccount, "platform") == []


async def test_who_has_no_account_of_their_own_links_nothing(desk: Desk) -> None:
    actor = await desk.platform.actor("daye", "analyst")
    for nobody in (
        replace(actor, kind=ActorKind.OPERATOR),
        replace(actor, kind=ActorKind.APPLICATION),
        replace(actor, session_id=None),
    ):
        for work in (desk.persons.make_code(actor=nobody), desk.persons.switch("jiamusi", actor=nobody)):
            assert (await desk.refused(work))[:2] == (Unauthenticated, "UNAUTHENTICATED")
    unfinished = replace(actor, must_enroll=True)
    assert (await desk.refused(desk.persons.make_code(actor=unfinished)))[:2] == (NotPermitted, "MUST_ENROLL")


async def test_no_city_learns_of_another(desk: Desk) -> None:
    """Whatever a city's session may read, and all that its trail holds, names neither the other city nor the account."""
    here, there = await desk.both()
    await desk.persons.switch("jiamusi", actor=here)
    connection = await asyncpg.connect(desk.platform.urls.app)
    try:
        tables = await connection.fetch(
            "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' "
            "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1"
        )
        for actor, other in ((here, there), (there, here)):
            async with connection.transaction():
                await connection.execute("select set_tenant($1)", actor.tenant_id)
                found = []
                for table in tables:
                    rows = await connection.fetch(f'select t::text as row from "{table[0]}" t')  # noqa: S608 - of the catalog
                    text = "\n".join(row["row"] for row in rows)
                    words = (str(other.tenant_id), str(other.account_id))
                    found += [table[0] for word in words if word in text]
                assert found == []
    finally:
        await connection.close()
    trail = [row.action for row in await desk.rows(AuditEntry, "platform") if row.action.startswith("person:")]
    assert trail == ["person:offer", "person:link"]
    for slug in ("daye", "jiamusi"):
        assert [row.action for row in await desk.rows(AuditEntry, slug) if row.action.startswith("person:")] == []
