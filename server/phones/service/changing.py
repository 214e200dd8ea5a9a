"""Another number for oneself: the new one proves itself with a code, the old one is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from server.accounts.guesses import Guesses, WrongGuess
from server.errors import Invalid, NotFound, RuleViolation
from server.events.record import audit, record
from server.phones.limits import Requests
from server.phones.rules import TOLD_FOR, MessageKind, number_of
from server.phones.service.codes import Proof, Subject, attempt, issue, use_up
from server.phones.service.messages import Message, put
from server.residents.models import Resident
from server.transactions import Transactions
from tenants.context import Actor
from tenants.keys import Keyring
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession


@dataclass(frozen=True, slots=True)
class NumberChange:
    """How residents change their number: one of these per web process."""

    database: Database
    registry: Registry
    transactions: Transactions
    keyring: Keyring
    requests: Requests
    guesses: Guesses

    async def ask(self, phone: str, *, actor: Actor, peer: str, now: datetime) -> None:
        """Have a code sent to the new number, unless too many were asked for; silent about it.

        Errors: Invalid PHONE_INVALID, RuleViolation NOT_A_RESIDENT.
        """
        subject = _subject(phone, actor)
        city = (await self.registry.by_id(actor.tenant_id)).slug
        if not await self.requests.admit(city=city, number=subject.number, peer=peer):
            return
        async with self.transactions.open(actor) as session:
            await issue(session, self.keyring, subject, now=now)
            audit(
                session,
                action="phone_code:request",
                object_type="Resident",
                object_id=_resident(actor),
                actor=actor,
            )

    async def confirm(self, phone: str, code: str, *, actor: Actor, peer: str, now: datetime) -> None:
        """Make the new number the resident's, and tell the old one. Errors: as ``ask``, Invalid PHONE_CODE_WRONG."""
        subject = _subject(phone, actor)
        city = (await self.registry.by_id(actor.tenant_id)).slug
        guess = await self.guesses.admit(city=city, username=subject.number, peer=peer)
        async with self.database.write(actor.tenant_id) as session:
            proof = await attempt(session, self.keyring, subject, code, now=now, admitted=guess.admitted)
        if proof is None:
            if guess.admitted:
                self.guesses.note(WrongGuess(actor.tenant_id, actor.account_id, "PHONE_CODE", actor.request_id))
            raise _wrong()
        async with self.transactions.open(actor) as session:
            await self._change(session, subject, proof, actor=actor, now=now)
        await self.guesses.proven(guess)

    async def _change(
        self, session: WriteSession, subject: Subject, proof: Proof, *, actor: Actor, now: datetime
    ) -> None:
        resident = await session.scalar(
            select(Resident)
            .where(Resident.tenant_id == actor.tenant_id, Resident.id == _resident(actor))
            .with_for_update(key_share=True)
        )
        if resident is None:
            raise NotFound("No such person.", field=("residentId",))
        if not await use_up(session, subject.tenant_id, proof):
            raise _wrong()
        old = resident.phone_number
        if old == subject.number:
            audit(session, action="phone:change", object_type="Resident", object_id=resident.id, actor=actor)
            return
        resident.phone = subject.number
        if old is not None:
            told = Message(MessageKind.NUMBER_CHANGED, old, None, now + TOLD_FOR)
            await put(session, self.keyring, told, tenant_id=actor.tenant_id)
        await record(
            session,
            type="ResidentPhoneChanged",
            subject_type="Resident",
            subject_id=resident.id,
            action="phone:change",
            actor=actor,
        )


def _subject(phone: str, actor: Actor) -> Subject:
    _resident(actor)
    return Subject(actor.tenant_id, number_of(phone), actor.account_id)


def _resident(actor: Actor) -> UUID:
    """Who is changed. Errors: RuleViolation NOT_A_RESIDENT."""
    if actor.resident_id is None or actor.account_id is None:
        raise RuleViolation(
            "Only residents keep a number of their own here; colleagues ask whoever looks after the members.",
            code="NOT_A_RESIDENT",
        )
    return actor.resident_id


def _wrong() -> Invalid:
    return Invalid("The code is wrong, or it is over; ask for another one.", code="PHONE_CODE_WRONG", field=("code",))
