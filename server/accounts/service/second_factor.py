"""An account's authenticator: begun, confirmed with its first code, asked for at sign-in, taken away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from server.accounts import codes, sessions
from server.accounts.models import Account, RecoveryCode
from server.accounts.service.opening import person_path
from server.errors import Conflict, Invalid, NotFound, RuleViolation, Unauthenticated
from server.events.record import audit, record
from tenants.authz import authorize
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.permissions import Permission
from tenants.sessions import WriteSession

CODE_WRONG = "CODE_WRONG"


@dataclass(frozen=True, slots=True)
class NewSecret:
    """What an authenticator is given, shown once: the secret in base32, and the address with it for a picture."""

    secret: str
    otpauth_url: str


async def give_secret(
    session: WriteSession, keyring: Keyring, account: Account, *, city: str, actor: Actor
) -> NewSecret:
    """Give a locked account a secret that counts once it is confirmed; one that was begun before is replaced.

    Errors: Conflict TOTP_ALREADY_ON.
    """
    _require_off(account)
    secret = codes.new_secret()
    account.totp_secret = await codes.sealed(
        session, keyring, secret, tenant_id=account.tenant_id, account_id=account.id
    )
    account.totp_step = None
    audit(session, action="totp:begin", object_type="Account", object_id=account.id, actor=actor)
    await session.flush()
    return NewSecret(codes.as_text(secret), codes.otpauth_url(secret, username=account.username, city=city))


async def confirm(
    session: WriteSession, keyring: Keyring, account: Account, code: str, *, actor: Actor, now: datetime
) -> tuple[str, ...]:
    """Have a locked account's codes asked for from now on; its ten recovery codes, shown once.

    Errors: RuleViolation TOTP_NOT_BEGUN, Conflict TOTP_ALREADY_ON, Invalid CODE_WRONG.
    """
    _require_off(account)
    if account.totp_secret is None:
        raise RuleViolation("There is no authenticator to confirm: begin with beginTotp.", code="TOTP_NOT_BEGUN")
    secret = await codes.opened(keyring, account.totp_secret, tenant_id=account.tenant_id, account_id=account.id)
    step = codes.step_of(secret, code, now=now, after=None)
    if step is None:
        raise wrong_code()
    account.totp_confirmed_at, account.totp_step = now, step
    fresh = codes.new_recovery_codes()
    session.add_all(
        RecoveryCode(
            tenant_id=account.tenant_id,
            id=uuid7(),
            account_id=account.id,
            digest=codes.recovery_digest(keyring, each, account_id=account.id),
            used_at=None,
        )
        for each in fresh
    )
    await _record(session, "AccountTotpConfirmed", account, "totp:confirm", actor)
    return fresh


async def disable(
    session: WriteSession, keyring: Keyring, account: Account, code: str, *, actor: Actor, now: datetime
) -> bool:
    """Take the authenticator and the recovery codes from a locked account; False for a wrong code.

    Errors: RuleViolation TOTP_NOT_ON.
    """
    if account.totp_confirmed_at is None:
        raise _not_on()
    if not await take_code(session, keyring, account, code, request_id=actor.request_id, now=now):
        return False
    await _take_away(session, account, "totp:disable", actor)
    return True


async def reset(session: WriteSession, *, username: str, actor: Actor) -> None:
    """Take the authenticator from somebody who lost it and every recovery code, and end all their sessions.

    Errors: NotFound, NotPermitted; RuleViolation TOTP_NOT_ON.
    """
    account = await session.scalar(
        select(Account)
        .where(Account.tenant_id == actor.tenant_id, Account.username == username)
        .with_for_update(key_share=True),
    )
    if account is None:
        raise NotFound("No such account.", field=("username",))
    path = await person_path(session, actor.tenant_id, account.member_id, account.resident_id)
    authorize(actor, Permission.USER_UPDATE, path=path)
    if account.totp_confirmed_at is None:
        raise _not_on()
    await sessions.end_all(session, actor.tenant_id, account.id)
    await _take_away(session, account, "totp:reset", actor)


def code_required() -> Unauthenticated:
    """What somebody is told who has proven all but the authenticator."""
    return Unauthenticated(
        "Send the code that your authenticator shows as well, or a recovery code.", code="CODE_REQUIRED"
    )


def code_wrong() -> Unauthenticated:
    """What somebody is told whose code ``take_code`` does not take."""
    return Unauthenticated("The code is wrong, or was used already; wait for the next one.", code=CODE_WRONG)


async def take_code(
    session: WriteSession, keyring: Keyring, account: Account, code: str, *, request_id: str, now: datetime
) -> bool:
    """Use up a code of a locked account's authenticator, or one of its recovery codes; False for any other text."""
    if account.totp_secret is None:
        return False
    secret = await codes.opened(keyring, account.totp_secret, tenant_id=account.tenant_id, account_id=account.id)
    step = codes.step_of(secret, code, now=now, after=account.totp_step)
    if step is not None:
        account.totp_step = step
        return True
    digest = codes.recovery_digest(keyring, code, account_id=account.id)
    if digest is None:
        return False
    used = await session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.tenant_id == account.tenant_id,
            RecoveryCode.account_id == account.id,
            RecoveryCode.digest == digest,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id),
    )
    if used is None:
        return False
    who = Actor(tenant_id=account.tenant_id, account_id=account.id, username=account.username, request_id=request_id)
    audit(session, action="totp:recover", object_type="Account", object_id=account.id, actor=who)
    return True


async def _take_away(session: WriteSession, account: Account, action: str, actor: Actor) -> None:
    account.totp_secret = account.totp_confirmed_at = account.totp_step = None
    await session.execute(
        delete(RecoveryCode).where(RecoveryCode.tenant_id == account.tenant_id, RecoveryCode.account_id == account.id)
    )
    await _record(session, "AccountTotpDisabled", account, action, actor)


def _not_on() -> RuleViolation:
    return RuleViolation("The account has no authenticator.", code="TOTP_NOT_ON")


def _require_off(account: Account) -> None:
    if account.totp_confirmed_at is not None:
        raise Conflict(
            "The account has an authenticator already; take it away with disableTotp first.", code="TOTP_ALREADY_ON"
        )


def wrong_code() -> Invalid:
    """The answer to a code that does not turn the authenticator on or off."""
    return Invalid("The code is wrong, or was used already; wait for the next one.", code=CODE_WRONG, field=("code",))


async def _record(session: WriteSession, event: str, account: Account, action: str, actor: Actor) -> None:
    await record(session, type=event, subject_type="Account", subject_id=account.id, action=action, actor=actor)
