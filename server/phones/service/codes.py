"""One-time codes: made, tried, used up.

Nothing here looks for who has the number: a code is made and counted alike for everybody's, and for nobody's.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from server.phones.models import PhoneCode
from server.phones.rules import DIGITS, GOOD_FOR, MOST_ATTEMPTS, MessageKind, plain_code
from server.phones.service.messages import Message, put
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.sessions import WriteSession

_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Subject:
    """What a code is for: a number in a city, to sign in with or, for an account, to change to."""

    tenant_id: UUID
    number: str
    account_id: UUID | None = None

    def digest(self, keyring: Keyring) -> bytes:
        """What is kept of it; never the same for two cities, numbers or purposes."""
        return keyring.fingerprint("phone-code-subject", f"{self.tenant_id}|{self.account_id}|{self.number}".encode())


@dataclass(frozen=True, slots=True)
class Proof:
    """A code that was right when it was tried: the row, and the digest that it must still have to be used up."""

    code_id: UUID
    digest: bytes


async def issue(session: WriteSession, keyring: Keyring, subject: Subject, *, now: datetime) -> None:
    """Make a code and have it sent; one that was good for the same until now is void."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    expires_at = now + GOOD_FOR
    fresh = insert(PhoneCode).values(
        tenant_id=subject.tenant_id,
        id=uuid7(),
        subject_digest=subject.digest(keyring),
        code_digest=_digest(keyring, subject, code),
        attempts=0,
        expires_at=expires_at,
    )
    await session.execute(
        fresh.on_conflict_do_update(
            index_elements=[PhoneCode.tenant_id, PhoneCode.subject_digest],
            set_={name: fresh.excluded[name] for name in ("code_digest", "attempts", "expires_at")},
        )
    )
    kind = MessageKind.SIGN_IN_CODE if subject.account_id is None else MessageKind.CHANGE_CODE
    message = Message(kind, subject.number, code, expires_at)
    await put(session, keyring, message, tenant_id=subject.tenant_id)


async def attempt(
    session: WriteSession, keyring: Keyring, subject: Subject, code: str, *, now: datetime, admitted: bool = True
) -> Proof | None:
    """Try a code, which counts before it is known to be right: a hundred at once are five.

    One statement, whether there is a code for the number or not. admitted: else no code is right. None: it is not.
    """
    wanted = subject.digest(keyring) if admitted else bytes(_DIGEST_BYTES)
    row = (
        await session.execute(
            update(PhoneCode)
            .where(
                PhoneCode.tenant_id == subject.tenant_id,
                PhoneCode.subject_digest == wanted,
                PhoneCode.expires_at > now,
                PhoneCode.attempts < MOST_ATTEMPTS,
            )
            .values(attempts=PhoneCode.attempts + 1)
            .returning(PhoneCode.id, PhoneCode.code_digest)
        )
    ).one_or_none()
    given = _digest(keyring, subject, plain_code(code))
    right = hmac.compare_digest(given, bytes(_DIGEST_BYTES) if row is None else row.code_digest)
    return Proof(row.id, given) if row is not None and right else None


async def spare(session: WriteSession, tenant_id: UUID, proof: Proof) -> None:
    """Take the attempt back that was right and led to a question."""
    await session.execute(
        update(PhoneCode)
        .where(
            PhoneCode.tenant_id == tenant_id,
            PhoneCode.id == proof.code_id,
            PhoneCode.code_digest == proof.digest,
            PhoneCode.attempts > 0,
        )
        .values(attempts=PhoneCode.attempts - 1)
    )


async def use_up(session: WriteSession, tenant_id: UUID, proof: Proof) -> bool:
    """Use a code that was right; False when somebody else was faster, or another code has taken its place."""
    used = await session.scalar(
        delete(PhoneCode)
        .where(PhoneCode.tenant_id == tenant_id, PhoneCode.id == proof.code_id, PhoneCode.code_digest == proof.digest)
        .returning(PhoneCode.id)
    )
    return used is not None


def _digest(keyring: Keyring, subject: Subject, code: str) -> bytes:
    return keyring.fingerprint("phone-code", subject.digest(keyring) + code.encode())
