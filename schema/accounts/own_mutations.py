"""What people do with their own accounts: sessions, password, authenticator."""

from __future__ import annotations

import strawberry

from schema.context import CivicInfo
from schema.ids import row_id
from schema.mutations import UserError, mutation, user_errors

_OWN = "everybody keeps their own account"


@strawberry.input(description="A session to end.")
class RevokeSessionInput:
    """One of the viewer's own."""

    session_id: strawberry.ID = strawberry.field(description="The session, as viewer.sessions lists it.")


@strawberry.input(description="Nothing is needed to end the other sessions but the access token itself.")
class RevokeAllSessionsInput:
    """Room for a client's own mark."""

    client_mutation_id: str | None = strawberry.field(default=None, description="Ignored.")


@strawberry.type(
    description="Answer to revokeSession, revokeAllSessions, changePassword, setAccountStatus, unlinkIdentity and unlinkIdentities."
)
class SessionsPayload:
    """How many sessions ended."""

    ended: int | None = strawberry.field(default=None, description="How many sessions ended; null on failure.")
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="Another password for the viewer's own account.")
class ChangePasswordInput:
    """The old one and the new one."""

    password: str = strawberry.field(description="The password until now.")
    new_password: str = strawberry.field(
        description="12 to 256 characters; not the user name, and none that is known to be common."
    )


@strawberry.input(description="An authenticator for the viewer's own account.")
class BeginTotpInput:
    """Proof that it is the owner who asks."""

    password: str = strawberry.field(description="The account's password.")


@strawberry.type(description="Answer to beginTotp. The secret is shown once.")
class BeginTotpPayload:
    """What the authenticator is given, or why there is nothing."""

    secret: str | None = strawberry.field(default=None, description="The secret in base32, to be typed in.")
    otpauth_url: str | None = strawberry.field(
        default=None, description="The same as an address, to be shown as a picture."
    )
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="The first code of an authenticator.")
class ConfirmTotpInput:
    """The code."""

    code: str = strawberry.field(description="What the authenticator shows now.")


@strawberry.type(description="Answer to confirmTotp. The recovery codes are shown once.")
class ConfirmTotpPayload:
    """Recovery codes, or why the authenticator is not asked for."""

    recovery_codes: list[str] | None = strawberry.field(
        default=None, description="Ten codes, each good once in place of the authenticator's; null on failure."
    )
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="An authenticator to be asked for no longer.")
class DisableTotpInput:
    """Both proofs."""

    password: str = strawberry.field(description="The account's password.")
    code: str = strawberry.field(description="What the authenticator shows now, or a recovery code.")


@strawberry.type(description="Answer to disableTotp.")
class DisableTotpPayload:
    """Whether the authenticator is gone."""

    disabled: bool | None = strawberry.field(default=None, description="true when it is gone; null on failure.")
    user_errors: list[UserError] = user_errors()


@mutation("End one of the viewer's own sessions, everywhere within a second.", permission=None, anyone=_OWN)
async def revoke_session(info: CivicInfo, input: RevokeSessionInput) -> SessionsPayload:  # noqa: A002 - GraphQL's own word
    """End a session."""
    actor = info.context.require_actor()
    session_id = row_id(input.session_id, "session", field="sessionId")
    await info.context.services.accounts.revoke_session(session_id, actor=actor)
    return SessionsPayload(ended=1)


@mutation("End all of the viewer's own sessions but the one that asks.", permission=None, anyone=_OWN)
async def revoke_all_sessions(info: CivicInfo, input: RevokeAllSessionsInput) -> SessionsPayload:  # noqa: A002, ARG001 - GraphQL's own word
    """End the others."""
    ended = await info.context.services.accounts.revoke_other_sessions(actor=info.context.require_actor())
    return SessionsPayload(ended=ended)


@mutation("Give the viewer's own account another password. Its other sessions end.", permission=None, anyone=_OWN)
async def change_password(info: CivicInfo, input: ChangePasswordInput) -> SessionsPayload:  # noqa: A002 - GraphQL's own word
    """Change the password."""
    ended = await info.context.services.accounts.change_password(
        password=input.password,
        new_password=input.new_password,
        actor=info.context.require_actor(),
        peer=info.context.peer,
    )
    return SessionsPayload(ended=ended)


@mutation(
    "Begin to protect the viewer's own account with an authenticator (TOTP). It is asked for from confirmTotp on.",
    permission=None,
    anyone=_OWN,
)
async def begin_totp(info: CivicInfo, input: BeginTotpInput) -> BeginTotpPayload:  # noqa: A002 - GraphQL's own word
    """Show a secret."""
    new = await info.context.services.accounts.begin_totp(
        password=input.password, actor=info.context.require_actor(), peer=info.context.peer
    )
    return BeginTotpPayload(secret=new.secret, otpauth_url=new.otpauth_url)


@mutation("Have the authenticator's codes asked for at every sign-in from now on.", permission=None, anyone=_OWN)
async def confirm_totp(info: CivicInfo, input: ConfirmTotpInput) -> ConfirmTotpPayload:  # noqa: A002 - GraphQL's own word
    """Confirm with the first code."""
    fresh = await info.context.services.accounts.confirm_totp(
        code=input.code, actor=info.context.require_actor(), peer=info.context.peer
    )
    return ConfirmTotpPayload(recovery_codes=list(fresh))


@mutation("Ask for the authenticator's codes no longer; its recovery codes are void.", permission=None, anyone=_OWN)
async def disable_totp(info: CivicInfo, input: DisableTotpInput) -> DisableTotpPayload:  # noqa: A002 - GraphQL's own word
    """Take the authenticator away."""
    await info.context.services.accounts.disable_totp(
        password=input.password, code=input.code, actor=info.context.require_actor(), peer=info.context.peer
    )
    return DisableTotpPayload(disabled=True)


@strawberry.type
class OwnAccountMutations:
    """The viewer's own account."""

    revoke_session = revoke_session
    revoke_all_sessions = revoke_all_sessions
    change_password = change_password
    begin_totp = begin_totp
    confirm_totp = confirm_totp
    disable_totp = disable_totp
