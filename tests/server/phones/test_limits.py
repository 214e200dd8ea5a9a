"""Too many codes: the pauses begin, for one number, one address and one city, and nobody is told of it."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from server.accounts.guesses import Guesses
from server.errors import AppError
from server.phones.limits import PhoneLimits
from server.phones.models import PhoneMessage
from server.throttle.attempts import Limit, Limits
from tenants.keys import Keyring
from tests.server.phones.conftest import Desk, address, wrong

GENEROUS = Limit(100_000, 3600, 60, 3600)


def limited(desk: Desk, **limits: Limit) -> None:
    """Count with these limits, apart from all other tests: Valkey outlives them."""
    chosen = PhoneLimits(**({"number": GENEROUS, "address": GENEROUS, "city": GENEROUS} | limits))
    keyring = Keyring(uuid4().hex * 2, desk.platform.services.database)
    door = desk.phones.door
    requests = replace(door.requests, limits=chosen, keyring=keyring)
    desk.phones = replace(desk.phones, door=replace(door, requests=requests))


async def asked(desk: Desk) -> int:
    return len(await desk.rows(PhoneMessage)) + len(await desk.rows(PhoneMessage, slug="jiamusi"))


async def test_a_number_is_not_flooded_however_it_is_written_and_by_way_of_which_city(desk: Desk) -> None:
    limited(desk, number=Limit(3, 3600, 60, 3600))
    for phone, slug in (
        ("13800000001", "daye"),
        ("+86 138 0000 0001", "jiamusi"),
        ("0086-138-0000-0001", "daye"),
        ("138 0000 0001", "jiamusi"),
        ("138 0000 0001", "daye"),
    ):
        await desk.ask(phone, slug=slug, peer=address())
    assert await asked(desk) == 3
    await desk.ask("138 0000 0002", peer=address())
    assert await asked(desk) == 4


async def test_an_address_asks_for_so_many_and_locks_nobody_else_out(desk: Desk) -> None:
    limited(desk, number=Limit(3, 3600, 60, 3600), address=Limit(4, 3600, 60, 600))
    attacker = address()
    for number in range(10):
        await desk.ask(f"138 0000 {number:04}", peer=attacker)
    assert await asked(desk) == 4
    for _ in range(10):
        await desk.ask("138 0000 9999", peer=attacker)
    await desk.ask("138 0000 9999", peer=address())
    assert await asked(desk) == 5


async def test_a_city_pays_for_so_many(desk: Desk) -> None:
    limited(desk, city=Limit(5, 3600, 60, 600))
    for number in range(9):
        await desk.ask(f"138 0000 {number:04}", peer=address())
    assert await asked(desk) == 5
    await desk.ask("138 0000 0001", slug="jiamusi", peer=address())
    assert await asked(desk) == 6


async def test_guessing_over_many_numbers_from_one_address_is_stopped(desk: Desk) -> None:
    """One code in a million at five tries a number is worth trying at ten thousand numbers, so the address is counted."""
    services, door = desk.platform.services, desk.phones.door
    guesses = Guesses(
        services.database,
        Keyring(uuid4().hex * 2, services.database),
        door.requests.attempts,
        Limits(name=GENEROUS, address=Limit(12, 3600, 60, 3600)),
    )
    desk.phones = replace(desk.phones, door=replace(door, guesses=guesses))
    numbers = [f"138 0000 {number:04}" for number in range(8)]
    sent = {}
    for phone in numbers:
        await desk.residents(phone)
        sent[phone] = await desk.code(phone)
    attacker = address()
    for phone in numbers[:6]:
        for _ in range(2):
            await desk.refused(wrong(sent[phone]), phone, peer=attacker)
    for phone in numbers:
        assert (await desk.refused(sent[phone], phone, peer=attacker)).code == "PHONE_CODE_WRONG"
    assert (await desk.sign_in(sent[numbers[7]], numbers[7], peer=address())).tenant_id == await desk.tenant_id("daye")
    await guesses.close()


async def test_guesses_at_a_number_are_counted_over_all_its_codes(desk: Desk) -> None:
    services, door = desk.platform.services, desk.phones.door
    guesses = Guesses(
        services.database,
        Keyring(uuid4().hex * 2, services.database),
        door.requests.attempts,
        Limits(name=Limit(8, 3600, 60, 3600), address=GENEROUS),
    )
    desk.phones = replace(desk.phones, door=replace(door, guesses=guesses))
    await desk.residents("138 0000 0001")
    for _ in range(2):
        code = await desk.code()
        for _ in range(4):
            await desk.refused(wrong(code), peer=address())
    with pytest.raises(AppError) as refused:
        await desk.sign_in(await desk.code(), peer=address())
    assert refused.value.code == "PHONE_CODE_WRONG"
    await guesses.close()
