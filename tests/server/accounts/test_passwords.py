from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import pytest
from argon2 import PasswordHasher

from server.accounts import passwords
from server.errors import Invalid
from tests.server.accounts.conftest import PASSWORD


def test_a_hash_is_argon2id_with_the_recommended_cost(password_hash: str) -> None:
    assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.is_outdated(password_hash)


async def test_the_right_password_fits(password_hash: str) -> None:
    assert await passwords.verify(password_hash, PASSWORD)


@pytest.mark.parametrize("wrong", ["", PASSWORD + " ", PASSWORD.upper(), "x" * 300, "half a pair \ud800", "nul \x00"])
async def test_a_wrong_password_does_not_fit(password_hash: str, wrong: str) -> None:
    assert not await passwords.verify(password_hash, wrong)


@pytest.mark.parametrize("broken", ["", "*", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$", "$2b$12$abc"])
async def test_a_broken_hash_fits_nothing(broken: str) -> None:
    assert not await passwords.verify(broken, PASSWORD)


async def test_two_hashes_of_a_password_differ(password_hash: str) -> None:
    assert await passwords.hash_password(PASSWORD) != password_hash


async def test_full_width_letters_of_an_input_method_are_the_same_password() -> None:
    made = await passwords.hash_password("ａｂｃ密码１２３４５６７８")
    assert await passwords.verify(made, "abc密码12345678")


async def test_a_weak_password_is_never_hashed() -> None:
    with pytest.raises(Invalid) as refused:
        await passwords.hash_password("short")
    assert refused.value.code == "PASSWORD_TOO_WEAK"


async def test_an_old_password_is_rehashed_whatever_the_policy_says_today() -> None:
    assert await passwords.verify(await passwords.rehash("short"), "short")


@pytest.mark.parametrize("changed", [{"memory_cost": 8192}, {"time_cost": 1}, {"parallelism": 2}, {"hash_len": 16}])
def test_other_parameters_are_outdated(changed: dict[str, int]) -> None:
    today = {"time_cost": 2, "memory_cost": 19_456, "parallelism": 1, "hash_len": 32}
    made = [PasswordHasher(**p).hash(PASSWORD) for p in (today, today | changed)]  # type: ignore[arg-type]  # by name
    assert [passwords.is_outdated(one) for one in made] == [False, True]


async def test_at_most_four_hash_at_once_and_the_loop_stays_free() -> None:
    work = asyncio.gather(*(passwords.verify_nothing(PASSWORD) for _ in range(24)))
    turns, most = 0, 0
    while not work.done():
        turns += 1
        most = max(most, sum(thread.name.startswith("argon2") for thread in threading.enumerate()))
        await asyncio.sleep(0.001)
    await work
    assert most == passwords.AT_ONCE
    assert turns > 24


async def _fastest(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds of the processor in all threads: other work on the machine does not count."""
    times = []
    for _ in range(7):
        started = time.process_time()
        await work()
        times.append(time.process_time() - started)
    return min(times)


async def test_nobody_costs_what_somebody_costs(password_hash: str) -> None:
    somebody = await _fastest(lambda: passwords.verify(password_hash, "wrong password"))
    nobody = await _fastest(lambda: passwords.verify_nothing("wrong password"))
    assert 0.5 < nobody / somebody < 2.0
