"""Signing in with a code that was sent to a telephone.

It happens before there is an actor, so it opens its own transactions. Asking for a code never looks for who has the number:
the worker does, so that neither an answer nor the work behind it tells. A number that nobody has, a wrong code, one that is
over or of another city, an account that is disabled: one answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from server.accounts import sessions
from server.accounts.guesses import Guess, Guesses, WrongGuess
from server.accounts.models import Account
from server.accounts.passwords import NO_PASSWORD
from server.accounts.rules import AccountStatus, SignInMethod
from server.accounts.service.opening import insert_account
from server.accounts.service.second_factor import code_required, code_wrong, take_code
from server.accounts.sessions import Arrival, SignedIn
from server.accounts.tokens import Tokens
from server.errors import Unauthenticated
from server.events.record import audit, record
from server.phones.limits import Requests
from server.phones.rules import masked_name, number_of
from server.phones.service.codes import Proof, Subject, attempt, issue, spare, use_up
from server.residents.models import Resident
from server.transactions import Transactions
from tenants.context import Actor, ActorKind
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession

MOST_RESIDENTS = 20
"""How many residents of one number are asked about; a household has fewer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a code, from which address."""

    tenant_slug: str
    phone: str
    peer: str
    request_id: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody sends to sign in, from which address and device.

    resident_id: whose account it shall be, if several have the number. authenticator: the account's second factor.
    """

    tenant_slug: str
    phone: str
    code: str
    resident_id: UUID | None
    authenticator: str | None
    peer: str
    device: str | None
    request_id: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resident who has the number. name: masked, for whoever reads the code may be anybody in the house."""

    resident_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class _Right:
    """A code that was right, and the residents who have the number."""

    proof: Proof
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class PhoneDoor:
    """Where people come in with a telephone: one of these per web process."""

    database: Database
    registry: Registry
    transactions: Transactions
    keyring: Keyring
    requests: Requests
    guesses: Guesses
    signer: Tokens

    async def ask(self, asked: Asked) -> None:
        """Have a code sent, if a resident of the city has the number and not too many were asked for; silent about it.

        Errors: Invalid PHONE_INVALID, for the form of the number alone.
        """
        number = number_of(asked.phone)
        admitted = await self.requests.admit(city=asked.tenant_slug, number=number, peer=asked.peer)
        tenant = await self.registry.in_service(asked.tenant_slug)
        if tenant is None or not admitted:
            return
        somebody = Actor(tenant_id=tenant.id, kind=ActorKind.ANONYMOUS, request_id=asked.request_id)
        async with self.transactions.open(somebody) as session:
            await issue(session, self.keyring, Subject(tenant.id, number), now=asked.now)
            audit(session, action="phone_code:request", object_type="Tenant", object_id=tenant.id, actor=somebody)

    async def sign_in(self, shown: Shown) -> SignedIn | tuple[Candidate, ...]:
        """Start a session; or, of several residents with the number and none chosen, who they are: the code stays good.

        A resident's first sign-in opens the account. Errors: Invalid PHONE_INVALID; Unauthenticated PHONE_CODE_WRONG
        with the same text after the same work whatever is wrong; for who has the code CODE_REQUIRED, CODE_WRONG when
        the account has an authenticator.
        """
        number = number_of(shown.phone)
        guess = await self.guesses.admit(city=shown.tenant_slug, username=number, peer=shown.peer)
        tenant = await self.registry.in_service(shown.tenant_slug)
        # An unknown city is asked all the same, under an id that nobody has: it answers as late as a known one.
        subject = Subject(tenant.id if tenant else uuid7(), number)
        right = await self._try(subject, shown, admitted=guess.admitted)
        if tenant is None or right is None:
            raise self._refused(tenant.id if tenant else None, guess, shown)
        chosen = _chosen(right.candidates, shown.resident_id)
        if chosen is None:
            if shown.resident_id is not None or not right.candidates:
                raise self._refused(subject.tenant_id, guess, shown)
            await self.guesses.unfinished(guess)
            return right.candidates
        signed_in = await self._enter(subject, right, chosen, guess, shown)
        await self.guesses.proven(guess)
        return signed_in

    async def _try(self, subject: Subject, shown: Shown, *, admitted: bool) -> _Right | None:
        async with self.database.write(subject.tenant_id) as session:
            proof = await attempt(session, self.keyring, subject, shown.code, now=shown.now, admitted=admitted)
            if proof is None:
                return None
            found = await session.execute(
                select(Resident.id, Resident.name)
                .where(Resident.tenant_id == subject.tenant_id, Resident.phone_number == subject.number)
                .order_by(Resident.id)
                .limit(MOST_RESIDENTS)
            )
            candidates = tuple(Candidate(row.id, masked_name(row.name)) for row in found)
            if not shown.authenticator:  # which may yet be wrong; any other question that follows is no guess
                await spare(session, subject.tenant_id, proof)
            return _Right(proof, candidates)

    async def _enter(self, subject: Subject, right: _Right, resident_id: UUID, guess: Guess, shown: Shown) -> SignedIn:
        """A session of the resident's account, which is opened if there is none.

        Errors: Unauthenticated PHONE_CODE_WRONG when it may not be after all, CODE_REQUIRED, CODE_WRONG.
        """
        newcomer = Actor(tenant_id=subject.tenant_id, kind=ActorKind.ANONYMOUS, request_id=shown.request_id)
        async with self.transactions.open(newcomer) as session:
            account = await _account_of(session, subject, resident_id, shown.request_id)
            if account is None:
                raise self._refused(subject.tenant_id, guess, shown)
            if account.totp_confirmed_at is not None:
                await self._require_authenticator(session, account, guess, shown)
            if not await use_up(session, subject.tenant_id, right.proof):
                raise self._refused(subject.tenant_id, guess, shown)
            arrival = Arrival(SignInMethod.PHONE, shown.now, shown.request_id, shown.device)
            return sessions.start(session, self.signer, account, arrival)

    async def _require_authenticator(self, session: WriteSession, account: Account, guess: Guess, shown: Shown) -> None:
        if not shown.authenticator:
            await self.guesses.unfinished(guess)
            raise code_required()
        if not await take_code(
            session, self.keyring, account, shown.authenticator, request_id=shown.request_id, now=shown.now
        ):
            self.guesses.note(WrongGuess(account.tenant_id, account.id, "CODE", shown.request_id))
            raise code_wrong()

    def _refused(self, tenant_id: UUID | None, guess: Guess, shown: Shown) -> Unauthenticated:
        if tenant_id is not None and guess.admitted:
            self.guesses.note(WrongGuess(tenant_id, None, "PHONE_CODE", shown.request_id))
        return Unauthenticated(
            "Number or code is wrong, or the code is over; ask for another one.", code="PHONE_CODE_WRONG"
        )


def _chosen(candidates: Sequence[Candidate], wanted: UUID | None) -> UUID | None:
    """The resident whose account it is to be: the one who was named, or the only one."""
    ids = [each.resident_id for each in candidates]
    if wanted is None:
        return ids[0] if len(ids) == 1 else None
    return wanted if wanted in ids else None


async def _account_of(session: WriteSession, subject: Subject, resident_id: UUID, request_id: str) -> Account | None:
    """The resident's account, locked; opened when there is none. None when it is disabled, or the number was changed."""
    tenant_id = subject.tenant_id
    # The lock orders us with whoever changes the number, and with another first sign-in.
    resident = await session.scalar(
        select(Resident.id)
        .where(Resident.tenant_id == tenant_id, Resident.id == resident_id, Resident.phone_number == subject.number)
        .with_for_update(key_share=True)
    )
    if resident is None:
        return None
    accounts = list(
        await session.scalars(
            select(Account)
            .where(Account.tenant_id == tenant_id, Account.resident_id == resident_id)
            .order_by(Account.created_at, Account.id)
            .with_for_update(key_share=True)
        )
    )
    if accounts:
        return next((each for each in accounts if each.status == AccountStatus.ACTIVE), None)
    account = Account(
        tenant_id=tenant_id,
        id=uuid7(),
        username=f"resident.{resident_id.hex}",
        password_hash=NO_PASSWORD,
        member_id=None,
        resident_id=resident_id,
        operator=False,
        totp_confirmed_at=None,
    )
    await insert_account(session, account)
    actor = Actor(tenant_id=tenant_id, account_id=account.id, username=account.username, request_id=request_id)
    await record(
        session,
        type="AccountCreated",
        subject_type="Account",
        subject_id=account.id,
        action="account:open_by_phone",
        actor=actor,
    )
    return account
