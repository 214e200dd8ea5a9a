"""Guesses at passwords and codes: counted before they are made, written down after.

Whether a guess was wrong, the name unknown or refused for a while is answered alike, after the same work: the audit row is
written beside the answer, so that its commit is no clock for whoever asks. What is refused for a while is not written: the
guesses that led there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from server.events.models import AuditEntry
from server.throttle.attempts import Attempts, Limits, Mark
from server.throttle.names import network_of
from tenants import clock
from tenants.context import ActorKind
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.sessions import Database

_MOST_UNWRITTEN = 1_000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Guess:
    """Somebody's attempt to be somebody. admitted: whether it may be right at all, or is refused for a while."""

    admitted: bool
    name: Mark
    address: Mark


@dataclass(frozen=True, slots=True)
class WrongGuess:
    """What is written of a wrong guess; never anything that was typed. account_id: None for a name that nobody has."""

    tenant_id: UUID
    account_id: UUID | None
    reason: str
    request_id: str


class Guesses:
    """Counts the guesses of one process, and writes the wrong ones down."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        attempts: Attempts,
        limits: Limits,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._attempts = attempts
        self._limits = limits
        self._now = now
        self._writing: set[asyncio.Task[None]] = set()

    async def admit(self, *, city: str, username: str, peer: str) -> Guess:
        """Count a guess; unknown names and cities are counted like others."""
        name = self._keyring.fingerprint("sign-in-attempts", f"{city}|{username}".encode("utf-8", "surrogatepass"))
        return await self._count(f"name:{name.hex()}", peer)

    async def admit_own(self, *, session_id: UUID, peer: str) -> Guess:
        """Count a guess at the password or a code of whoever is signed in, for the session.

        Apart from those at the door: a stranger who guesses there keeps nobody from their own account.
        """
        return await self._count(f"session:{session_id}", peer)

    async def admit_invented(self, *, peer: str) -> bool:
        """Count a token that is nobody's, after it was found so: whether it may be written down.

        Nobody guesses what was drawn by lot; a right one is always taken, for a whole office may have one address.
        """
        return await self._attempts.count(self._address(peer))

    async def proven(self, guess: Guess) -> None:
        """It was right: the name is free of what was guessed before. The address keeps what it did to other names."""
        await self._attempts.clear(guess.name)
        await self._attempts.take_back(guess.address)

    async def unfinished(self, guess: Guess) -> None:
        """It was right so far, and proves nothing yet."""
        await self._attempts.take_back(guess.name)
        await self._attempts.take_back(guess.address)

    def note(self, wrong: WrongGuess) -> None:
        """Write a wrong guess into the audit trail, beside the answer."""
        _log.info("sign_in_refused", tenant_id=str(wrong.tenant_id), request_id=wrong.request_id)
        if len(self._writing) >= _MOST_UNWRITTEN:
            return
        task = asyncio.create_task(self._write(wrong), name="wrong guess")
        self._writing.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """Wait until what was noted is written."""
        while self._writing:
            await asyncio.wait(set(self._writing))

    async def _count(self, name: str, peer: str) -> Guess:
        mark, address = Mark(name, self._limits.name), self._address(peer)
        return Guess(await self._attempts.count(address, mark), mark, address)

    def _address(self, peer: str) -> Mark:
        return Mark(f"address:{network_of(peer)}", self._limits.address)

    async def _write(self, wrong: WrongGuess) -> None:
        known = wrong.account_id is not None
        async with self._database.write(wrong.tenant_id) as session:
            session.add(
                AuditEntry(
                    tenant_id=wrong.tenant_id,
                    id=uuid7(),
                    at=self._now(),
                    actor_kind=ActorKind.ANONYMOUS.value,
                    actor_id=None,
                    actor_name=None,
                    action="session:refused",
                    object_type="Account" if known else "Tenant",
                    object_id=wrong.account_id or wrong.tenant_id,
                    request_id=wrong.request_id,
                    detail={"reason": wrong.reason},
                    outcome="REFUSED",
                ),
            )

    def _done(self, task: asyncio.Task[None]) -> None:
        self._writing.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.warning("wrong_guess_not_written", error=repr(error))
