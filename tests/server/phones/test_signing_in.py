"""Residents come in with a code; nobody else does, and nobody learns whose number is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import pyotp
import pytest

from server.accounts import codes
from server.accounts.models import Account, SignInSession
from server.errors import Invalid, Unauthenticated
from server.phones.models import PhoneCode, PhoneMessage
from server.phones.rules import GOOD_FOR
from server.phones.service.signing_in import Candidate
from server.residents.models import Resident
from tests.server.phones.conftest import NUMBER, PHONE, Desk, together, wrong

REFUSED: tuple[object, ...] = (
    Unauthenticated,
    "PHONE_CODE_WRONG",
    (),
    "Number or code is wrong, or the code is over; ask for another one.",
    {},
)


def told(error: Any) -> tuple[object, ...]:
    return (type(error), error.code, error.field, str(error), error.params)


async def test_the_first_sign_in_opens_the_account_and_the_next_ones_use_it(desk: Desk) -> None:
    (resident_id,) = await desk.residents(PHONE)
    first = await desk.sign_in(await desk.code())
    actor = await desk.actor(first)
    assert (actor.resident_id, actor.member_id, actor.roles) == (resident_id, None, ("resident",))
    assert actor.username == f"resident.{resident_id.hex}"
    second = await desk.sign_in(await desk.code("+86 138-0000-0001"), "0086 13800000001")
    assert second.account_id == first.account_id
    sessions = [row for row in await desk.rows(SignInSession) if row.account_id == first.account_id]
    assert [(row.method, row.device, row.revoked_at) for row in sessions] == [("PHONE", "Mini/1", None)] * 2
    (account,) = [row for row in await desk.rows(Account) if row.id == first.account_id]
    assert (account.password_hash, account.status, account.operator) == ("!", "ACTIVE", False)
    opened = await desk.audited("account:open_by_phone")
    assert [entry[:3] for entry in opened] == [("Account", first.account_id, "DONE")]
    assert len(await desk.audited("phone_code:request")) == 2


async def test_two_first_sign_ins_at_once_open_one_account(desk: Desk) -> None:
    await desk.residents(PHONE)
    code = await desk.code()
    answers = await together(*(desk.answer(code) for _ in range(4)))
    errors = [told(answer) for answer in answers if isinstance(answer, Exception)]
    assert errors == [REFUSED] * 3
    assert len([row for row in await desk.rows(Account) if row.username.startswith("resident.")]) == 1


async def test_a_code_is_good_once(desk: Desk) -> None:
    await desk.residents(PHONE)
    code = await desk.code()
    await desk.sign_in(code)
    assert told(await desk.refused(code)) == REFUSED


async def test_a_code_ends_at_the_instant_it_ends(desk: Desk) -> None:
    await desk.residents(PHONE)
    code = await desk.code()
    desk.later(GOOD_FOR)
    assert told(await desk.refused(code)) == REFUSED
    desk.later(-timedelta(microseconds=1))
    assert (await desk.sign_in(code)).tenant_id == await desk.tenant_id("daye")


async def test_the_newest_code_is_the_only_one(desk: Desk) -> None:
    await desk.residents(PHONE)
    first, second = await desk.code(), await desk.code()
    if first != second:
        assert told(await desk.refused(first)) == REFUSED
    assert len(await desk.rows(PhoneCode)) == 1
    await desk.sign_in(second)


async def test_after_five_wrong_ones_the_right_one_is_wrong(desk: Desk) -> None:
    await desk.residents(PHONE)
    code = await desk.code()
    for _ in range(5):
        assert told(await desk.refused(wrong(code))) == REFUSED
    assert told(await desk.refused(code)) == REFUSED
    entries = await desk.audited("session:refused")
    assert [(outcome, detail) for _, _, outcome, detail in entries] == [("REFUSED", {"reason": "PHONE_CODE"})] * 6
    await desk.sign_in(await desk.code())


async def test_a_hundred_guesses_at_once_are_five(desk: Desk) -> None:
    await desk.residents(PHONE)
    code = await desk.code()
    await together(*(desk.answer(wrong(code)) for _ in range(30)))
    (row,) = await desk.rows(PhoneCode)
    assert row.attempts == 5
    assert told(await desk.refused(code)) == REFUSED


async def test_a_code_of_one_city_is_none_in_another(desk: Desk) -> None:
    await desk.residents(PHONE, slug="daye")
    await desk.residents(PHONE, slug="jiamusi")
    code = await desk.code(slug="daye")
    assert told(await desk.refused(code, slug="jiamusi")) == REFUSED
    await desk.ask(slug="jiamusi")
    if (there := await desk.code(slug="jiamusi")) != code:
        assert told(await desk.refused(code, slug="jiamusi")) == REFUSED
    await desk.sign_in(there, slug="jiamusi")
    await desk.sign_in(code, slug="daye")


async def test_asking_is_the_same_work_whoever_has_the_number(desk: Desk) -> None:
    await desk.residents(PHONE)
    await desk.ask()  # the city's key is made once, and statements are compiled once
    found = {}
    for name, phone in {"known": PHONE, "unknown": "138 0000 0999", "abroad": "+44 7700 900123"}.items():
        with desk.statements() as done:
            await desk.ask(phone)
        found[name] = list(done)
    assert found["known"][0] == "select set_tenant($1)"
    assert [name for name, each in found.items() if each != found["known"]] == []
    assert not any("resident" in statement for statement in found["known"])


async def test_a_wrong_code_is_the_same_work_whoever_has_the_number(desk: Desk) -> None:
    await desk.residents(PHONE)
    code = await desk.code()
    await desk.refused(wrong(code))
    disabled = await desk.residents("138 0000 0002")
    opened = await desk.sign_in(await desk.code("138 0000 0002"), "138 0000 0002")
    await desk.set(Account, opened.account_id, status="DISABLED")
    cases: dict[str, tuple[str, str, str]] = {
        "wrong": (wrong(code), PHONE, "daye"),
        "no code asked for": ("123456", "138 0000 0777", "daye"),
        "disabled": ("123456", "138 0000 0002", "daye"),
        "no code at all": ("abc", PHONE, "daye"),
        "unknown city": (code, PHONE, "atlantis"),
    }
    assert len(disabled) == 1
    found = {}
    for name, (text, phone, slug) in cases.items():
        await desk.phones.door.guesses.close()  # what was written beside the answer before
        with desk.statements() as done:
            error = await desk.refused(text, phone, slug=slug)
            work = list(done)
        found[name] = (told(error), work)
    expected = (REFUSED, ["select set_tenant($1)", "UPDATE phone_code SET"])
    assert {name: each for name, each in found.items() if each != expected} == {}


async def test_a_resident_is_found_by_the_index_of_numbers(desk: Desk) -> None:
    """Under row security only a plain comparison of texts may use one."""
    connection = await asyncpg.connect(desk.platform.urls.app)
    try:
        async with connection.transaction():
            await connection.execute("select set_tenant($1)", await desk.tenant_id("daye"))
            await connection.execute("set local enable_seqscan = off")
            asked = "explain select id from resident where tenant_id = $1 and phone_number = $2"
            plan = await connection.fetch(asked, await desk.tenant_id("daye"), NUMBER)
    finally:
        await connection.close()
    text = "\n".join(row[0] for row in plan)
    assert "ix_resident_tenant_id_phone_number" in text
    assert "phone_number = " in next(line for line in text.splitlines() if "Index Cond" in line)


async def test_who_may_not_sign_in_is_answered_like_a_wrong_code(desk: Desk) -> None:
    await desk.residents(PHONE)
    opened = await desk.sign_in(await desk.code())
    await desk.set(Account, opened.account_id, status="DISABLED")
    assert told(await desk.refused(await desk.code())) == REFUSED
    assert len([row for row in await desk.rows(Account) if row.username.startswith("resident.")]) == 1


async def test_nothing_is_sent_to_a_number_that_nobody_has(desk: Desk) -> None:
    await desk.ask("138 0000 0999")
    assert await desk.work() == 1
    assert desk.gateway.messages == []
    assert await desk.rows(PhoneMessage) == []


async def test_a_number_that_was_changed_meanwhile_lets_nobody_in(desk: Desk) -> None:
    (resident_id,) = await desk.residents(PHONE)
    code = await desk.code()
    await desk.set(Resident, resident_id, phone="138 0000 0003")
    assert told(await desk.refused(code)) == REFUSED


async def test_a_suspended_city_lets_nobody_in(desk: Desk) -> None:
    await desk.residents(PHONE)
    code = await desk.code()
    connection = await asyncpg.connect(desk.platform.urls.operator)
    try:
        await connection.execute("update tenant set status = 'SUSPENDED' where slug = 'daye'")
    finally:
        await connection.close()
    desk.platform.services.registry.forget()
    assert told(await desk.refused(code)) == REFUSED
    await desk.ask()
    assert len(await desk.rows(PhoneMessage)) == 0


async def test_a_household_chooses_who_it_is(desk: Desk) -> None:
    first, second = await desk.residents(PHONE, count=2)
    await desk.set(Resident, first, name="林小海")
    await desk.set(Resident, second, name="Lin Jiang")
    (stranger,) = await desk.residents("138 0000 0002")
    code = await desk.code()
    for _ in range(6):  # a question is no guess
        assert await desk.answer(code) == (Candidate(first, "**海"), Candidate(second, "********g"))
    assert told(await desk.refused(code, resident_id=stranger)) == REFUSED
    signed_in = await desk.sign_in(code, resident_id=second)
    assert (await desk.actor(signed_in)).resident_id == second
    assert told(await desk.refused(code, resident_id=first)) == REFUSED


async def test_an_authenticator_is_asked_for_as_well(desk: Desk) -> None:
    await desk.residents(PHONE)
    opened = await desk.sign_in(await desk.code())
    secret = codes.new_secret()
    services = desk.platform.services
    async with services.database.write(opened.tenant_id) as session:
        kept = await codes.sealed(
            session, services.keyring, secret, tenant_id=opened.tenant_id, account_id=opened.account_id
        )
    await desk.set(Account, opened.account_id, totp_secret=kept, totp_confirmed_at=desk.at)
    code = await desk.code()
    assert (await desk.refused(code)).code == "CODE_REQUIRED"
    shown = pyotp.TOTP(codes.as_text(secret)).at(desk.at)
    assert (await desk.refused(code, authenticator=wrong(shown))).code == "CODE_WRONG"
    assert (await desk.sign_in(code, authenticator=shown)).account_id == opened.account_id


@pytest.mark.parametrize("phone", ["12345", "+0123456789", "138 0000 000", "abc", "", "1" * 200, "+8613800000001x"])
async def test_what_is_no_number_is_told_before_anything_is_looked_at(desk: Desk, phone: str) -> None:
    with desk.statements() as done:
        with pytest.raises(Invalid) as refused:
            await desk.ask(phone)
        assert (refused.value.code, refused.value.field, done) == ("PHONE_INVALID", ("phone",), [])


async def test_neither_number_nor_code_lies_in_the_database(desk: Desk) -> None:
    await desk.residents(PHONE)
    await desk.ask()
    (message,), (kept,) = await desk.rows(PhoneMessage), await desk.rows(PhoneCode)
    await desk.work()
    code = desk.gateway.messages[0].code or ""
    for value in (message.sealed, kept.code_digest, kept.subject_digest):
        assert NUMBER.encode() not in value
        assert code.encode() not in value
    assert (len(code), code.isdigit()) == (6, True)
