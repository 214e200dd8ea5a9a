"""Going from one city to another: only where one is linked, and with no more rights than signing in there gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyotp
from sqlalchemy import event

from server.accounts import codes
from server.accounts.models import Account, SignInSession
from server.errors import NotFound
from tests.fixtures.provider import register
from tests.server.persons.conftest import Desk

NOT_LINKED = (NotFound, "NOT_FOUND", ("tenant",), "You have no account that is linked in such a city.")


@contextmanager
def tenants_touched(desk: Desk) -> Iterator[list[list[str]]]:
    """For each transaction of a connection: which tenants it was set to, on both pools of the process."""
    done: list[list[str]] = []
    database = desk.platform.services.database
    engines = [database._engine.sync_engine, database._lookups.sync_engine]

    def begun(_connection: object) -> None:
        done.append([])

    def note(
        _connection: object, _cursor: object, statement: str, parameters: tuple[object, ...], *_rest: object
    ) -> None:
        if "set_tenant" in statement:
            done[-1].append(str(parameters[0]))

    for engine in engines:
        event.listen(engine, "begin", begun)
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield done
    finally:
        for engine in engines:
            event.remove(engine, "begin", begun)
            event.remove(engine, "before_cursor_execute", note)


async def test_a_session_in_the_other_city_with_its_own_roles(desk: Desk) -> None:
    here = await desk.platform.actor("daye", "tenant_admin")
    there = await desk.platform.actor("jiamusi", "grid_worker")
    await desk.linked(here, there)
    arrived = await desk.actor(await desk.persons.switch("jiamusi", actor=here, user_agent="Mini/1"))
    assert (arrived.tenant_id, arrived.account_id, arrived.roles) == (
        there.tenant_id,
        there.account_id,
        ("grid_worker",),
    )
    assert arrived.access == there.access
    (row,) = [row for row in await desk.rows(SignInSession, "jiamusi") if row.id == arrived.session_id]
    assert (row.method, row.device) == ("LINK", "Mini/1")
    back = await desk.actor(await desk.persons.switch("daye", actor=arrived))
    assert (back.account_id, back.roles) == (here.account_id, ("tenant_admin",))


async def test_no_transaction_touches_two_tenants(desk: Desk) -> None:
    with tenants_touched(desk) as done:
        here, _ = await desk.both()
        await desk.persons.cities(actor=here)
        await desk.persons.switch("jiamusi", actor=here)
        await desk.persons.unlink("jiamusi", actor=here)
    assert len(done) > 8
    assert [each for each in done if len(set(each)) > 1] == []


async def test_not_linked_unknown_suspended_and_disabled_are_one_answer(desk: Desk) -> None:
    here, there = await desk.both()
    assert there.account_id is not None
    stranger = await desk.platform.actor("daye", "tenant_admin")
    for slug in ("jiamusi", "huangshan", "atlantis", "daye", ""):
        assert await desk.refused(desk.persons.switch(slug, actor=stranger)) == NOT_LINKED
    for slug in ("huangshan", "atlantis", "daye", "platform"):
        assert await desk.refused(desk.persons.switch(slug, actor=here)) == NOT_LINKED
    await desk.set(Account, there.account_id, "jiamusi", status="DISABLED")
    assert await desk.refused(desk.persons.switch("jiamusi", actor=here)) == NOT_LINKED
    await desk.set(Account, there.account_id, "jiamusi", status="ACTIVE")
    await desk.persons.switch("jiamusi", actor=here)
    await desk.suspend("jiamusi")
    assert await desk.refused(desk.persons.switch("jiamusi", actor=here)) == NOT_LINKED
    assert await desk.cities(here) == [("daye", True)]


async def test_after_parting_there_is_no_way(desk: Desk) -> None:
    here, _ = await desk.both()
    await desk.persons.unlink("jiamusi", actor=here)
    assert await desk.refused(desk.persons.switch("jiamusi", actor=here)) == NOT_LINKED


async def test_a_city_s_own_provider_opens_no_door_of_another(desk: Desk) -> None:
    here, _ = await desk.both()
    assert here.session_id is not None
    for method in ("OIDC", "SUPPORT"):
        await desk.set(SignInSession, here.session_id, "daye", method=method)
        assert (await desk.refused(desk.persons.switch("jiamusi", actor=here)))[1] == "CITY_SIGN_IN_ONLY"
    await desk.set(SignInSession, here.session_id, "daye", method="PHONE")
    await desk.persons.switch("jiamusi", actor=here)


async def test_a_city_whose_staff_have_no_passwords_lets_none_of_them_in_from_elsewhere(desk: Desk) -> None:
    here, there = await desk.both()
    await register(desk.platform, "jiamusi", "https://sso.jiamusi.example", local_passwords=False)
    assert (await desk.refused(desk.persons.switch("jiamusi", actor=here)))[1] == "CITY_SIGN_IN_ONLY"
    await desk.persons.switch("daye", actor=there)


async def test_the_other_account_s_authenticator_is_not_gone_around(desk: Desk) -> None:
    here, there = await desk.both()
    assert there.account_id is not None
    services, secret = desk.platform.services, codes.new_secret()
    async with services.database.write(there.tenant_id) as session:
        kept = await codes.sealed(
            session, services.keyring, secret, tenant_id=there.tenant_id, account_id=there.account_id
        )
    await desk.set(Account, there.account_id, "jiamusi", totp_secret=kept, totp_confirmed_at=desk.at)
    assert (await desk.refused(desk.persons.switch("jiamusi", actor=here)))[1] == "CODE_REQUIRED"
    shown = pyotp.TOTP(codes.as_text(secret)).at(desk.at)
    other = f"{(int(shown) + 1) % 1_000_000:06}"
    assert (await desk.refused(desk.persons.switch("jiamusi", code=other, actor=here)))[1] == "CODE_WRONG"
    assert (await desk.persons.switch("jiamusi", code=shown, actor=here)).account_id == there.account_id
    assert (await desk.refused(desk.persons.switch("jiamusi", code=shown, actor=here)))[1] == "CODE_WRONG"
