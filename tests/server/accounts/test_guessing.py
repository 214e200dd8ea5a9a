"""Nobody learns from a refusal who has an account: the same words, after the same work, however it was refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import event, select, update

from server.accounts import passwords
from server.accounts.guesses import Guesses
from server.accounts.models import Account
from server.errors import AppError, Unauthenticated
from server.events.models import AuditEntry
from server.throttle.attempts import Attempts, Limit, Limits
from tenants.keys import Keyring
from tenants.sessions import Database
from tests.server.accounts.conftest import PASSWORD, SECRET, City

LIMITS = Limits(name=Limit(5, 900, 60, 900), address=Limit(12, 900, 60, 60))
WRONG = "wrong horse battery"
# Class, code, field, text and parameters of a refusal, and what was done for it.
Answer = tuple[type[AppError], str, tuple[str, ...], str, Mapping[str, object], list[str]]


@pytest.fixture
async def guesses(database: Database, attempts: Attempts) -> AsyncIterator[Guesses]:
    # Names are counted under a key of the platform: this one's, for Valkey outlives the tests and their city's slug.
    found = Guesses(database, Keyring(uuid4().hex, database), attempts, LIMITS)
    yield found
    await found.close()


def _address() -> str:
    """An address that no other test has: Valkey outlives them."""
    return f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::7"


async def _refused(
    city: City, username: str, password: str = WRONG, *, peer: str | None = None, slug: str | None = None
) -> AppError:
    with pytest.raises(Unauthenticated) as refused:
        await city.sign_in(username, password, peer=peer or _address(), slug=slug)
    return refused.value


@contextmanager
def _work(city: City, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is done meanwhile: hashes, and statements up to the answer (the first words of each)."""
    done: list[str] = []
    run = passwords._off_loop

    async def counted(work: Callable[[], object]) -> object:
        done.append("hash")
        return await run(work)

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        done.append(" ".join(statement.split()[:2]))

    monkeypatch.setattr(passwords, "_off_loop", counted)
    monkeypatch.setattr(city.guesses, "note", lambda _wrong: None)  # beside the answer, not before it
    engine = city.database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield done
    finally:
        event.remove(engine, "before_cursor_execute", note)
        monkeypatch.undo()


async def test_unknown_wrong_disabled_and_locked_are_the_same_answer_after_the_same_work(
    city: City, password_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for username in ("known", "locked"):
        await city.account(username, password_hash)
    disabled = await city.account("disabled", password_hash)
    async with city.database.write(city.tenant.id) as session:
        await session.execute(
            update(Account).where(Account.tenant_id == city.tenant.id, Account.id == disabled).values(status="DISABLED")
        )
    for _ in range(5):
        await _refused(city, "locked")
        await _refused(city, "locked-and-unknown")
    await city.guesses.close()
    cases = {
        "wrong": ("known", WRONG, city.tenant.slug),
        "unknown": ("nobody", WRONG, city.tenant.slug),
        "unknown city": ("known", PASSWORD, "atlantis"),
        "disabled": ("disabled", PASSWORD, city.tenant.slug),
        "locked, wrong": ("locked", WRONG, city.tenant.slug),
        "locked, right": ("locked", PASSWORD, city.tenant.slug),
        "locked, unknown": ("locked-and-unknown", WRONG, city.tenant.slug),
    }
    found: dict[str, Answer] = {}
    for name, (username, password, slug) in cases.items():
        with _work(city, monkeypatch) as done:
            error = await _refused(city, username, password, slug=slug)
        found[name] = (type(error), error.code, error.field, str(error), error.params, done)
    work = found["wrong"][5]
    assert work == ["select set_tenant($1)", "SELECT account.tenant_id,", "hash"]
    answer: Answer = (Unauthenticated, "SIGN_IN_FAILED", (), "City, user name or password is wrong.", {}, work)
    assert found == dict.fromkeys(cases, answer)


async def test_a_name_is_refused_after_five_and_free_after_a_success(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    for _ in range(4):
        await _refused(city, "lin.hai")
    await city.sign_in("lin.hai", peer=_address())
    for _ in range(5):
        await _refused(city, "lin.hai")
    assert (await _refused(city, "lin.hai", PASSWORD)).code == "SIGN_IN_FAILED"
    assert (await _refused(city, "LIN.HAI", PASSWORD)).code == "SIGN_IN_FAILED"


async def test_a_hundred_guesses_at_once_are_five(city: City, password_hash: str) -> None:
    """What is counted after the fact would have let all of them be tried."""
    await city.account("lin.hai", password_hash)
    guesses = [WRONG] * 40 + [PASSWORD]
    answers = await asyncio.gather(
        *(city.sign_in("lin.hai", each, peer=_address()) for each in guesses), return_exceptions=True
    )
    assert {type(answer) for answer in answers[:40]} == {Unauthenticated}
    async with city.database.write(city.tenant.id) as session:
        await city.guesses.close()
        written = await session.scalars(
            select(AuditEntry).where(AuditEntry.tenant_id == city.tenant.id, AuditEntry.action == "session:refused")
        )
        assert len(list(written)) <= 5


async def test_an_address_is_slowed_down_and_others_are_not(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    attacker, neighbor = _address(), _address()
    for number in range(12):
        await _refused(city, f"name-{number}", peer=attacker)
    assert (await _refused(city, "lin.hai", PASSWORD, peer=attacker)).code == "SIGN_IN_FAILED"
    assert (await city.sign_in("lin.hai", peer=neighbor)).tenant_id == city.tenant.id


async def test_guesses_of_a_slowed_address_lock_nobody_else_out(city: City, password_hash: str) -> None:
    await city.account("lin.hai", password_hash)
    attacker = _address()
    for number in range(12):
        await _refused(city, f"name-{number}", peer=attacker)
    for _ in range(20):
        await _refused(city, "lin.hai", peer=attacker)
    assert (await city.sign_in("lin.hai", peer=_address())).tenant_id == city.tenant.id


async def test_without_valkey_people_come_in_and_guesses_are_counted(
    city: City, database: Database, password_hash: str
) -> None:
    await city.account("lin.hai", password_hash)
    alone = Attempts("redis://127.0.0.1:1/0")
    city.guesses = Guesses(database, Keyring(SECRET, database), alone, LIMITS)
    assert (await city.sign_in("lin.hai")).tenant_id == city.tenant.id
    for _ in range(5):
        await _refused(city, "lin.hai")
    await _refused(city, "lin.hai", PASSWORD)
    assert alone.alone
    await city.guesses.close()
    await alone.close()


async def test_a_refused_attempt_is_written_down_without_what_was_typed(city: City, password_hash: str) -> None:
    account_id = await city.account("lin.hai", password_hash)
    await _refused(city, "lin.hai")
    await _refused(city, "my-own-password")
    await city.guesses.close()
    async with city.database.write(city.tenant.id) as session:
        rows = list(
            await session.scalars(
                select(AuditEntry)
                .where(AuditEntry.tenant_id == city.tenant.id, AuditEntry.action == "session:refused")
                .order_by(AuditEntry.id)
            )
        )
    assert {(row.object_type, row.object_id) for row in rows} == {
        ("Account", account_id),
        ("Tenant", city.tenant.id),
    }
    for row in rows:
        assert (row.outcome, row.actor_kind, row.actor_name, row.request_id) == ("REFUSED", "ANONYMOUS", None, "req-1")
        assert row.detail == {"reason": "PASSWORD"}


async def test_a_hundred_sign_ins_at_once_leave_the_loop_free(
    city: City, password_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop's own time between two of its turns, by the clock of its thread: a busy machine does not count."""
    await city.account("lin.hai", password_hash)
    running, most, longest = 0, 0, 0.0
    verify = passwords._HASHER.verify

    class Counted:
        def verify(self, kept: str, given: bytes) -> bool:
            nonlocal running, most
            running += 1
            most = max(most, running)
            try:
                return bool(verify(kept, given))
            finally:
                running -= 1

        def check_needs_rehash(self, _kept: str) -> bool:
            return False

    await city.sign_in("lin.hai", peer=_address())  # statements are compiled once in the life of a process
    monkeypatch.setattr(passwords, "_HASHER", Counted())
    signing = []
    for _ in range(100):  # as requests come: each by itself, before the first is done
        signing.append(asyncio.create_task(city.sign_in("lin.hai", peer=_address())))
        await asyncio.sleep(0)
    while not all(task.done() for task in signing):
        before = time.thread_time()
        await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - before)
    answers = await asyncio.gather(*signing, return_exceptions=True)
    assert {type(answer).__name__ for answer in answers} <= {"SignedIn", "Unauthenticated"}
    assert most == passwords.AT_ONCE == 4
    assert longest < 0.020
