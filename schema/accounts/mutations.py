"""Signing in, going on, signing out."""

from __future__ import annotations

import strawberry

from schema.accounts.payloads import (
    RefreshSessionInput,
    SignInInput,
    SignInPayload,
    SignOutInput,
    SignOutPayload,
    credentials_of,
)
from schema.context import CivicInfo
from schema.mutations import mutation


@mutation(
    "Sign in to a city with a local account. Unknown, wrong and guessed too often are answered alike; an account with an "
    "authenticator is asked for a code once the password is right.",
    permission=None,
    anyone="nobody is signed in before signing in",
)
async def sign_in(info: CivicInfo, input: SignInInput) -> SignInPayload:  # noqa: A002 - GraphQL's own word
    """Start a session."""
    signed_in = await info.context.services.accounts.sign_in(
        tenant_slug=input.tenant,
        username=input.username,
        password=input.password,
        code=input.code,
        peer=info.context.peer,
        user_agent=info.context.user_agent,
        request_id=info.context.request_id,
    )
    return SignInPayload(credentials=credentials_of(signed_in))


@mutation(
    "Exchange a refresh token for a new pair. Within ten seconds it may be sent again, if the answer was lost; used later, "
    "it was copied, and ends the session.",
    permission=None,
    anyone="the refresh token is the credential",
)
async def refresh_session(info: CivicInfo, input: RefreshSessionInput) -> SignInPayload:  # noqa: A002 - GraphQL's own word
    """Go on with a session."""
    signed_in = await info.context.services.accounts.refresh(
        refresh_token=input.refresh_token,
        request_id=info.context.request_id,
        peer=info.context.peer,
    )
    return SignInPayload(credentials=credentials_of(signed_in))


@mutation("End the caller's session everywhere.", permission=None, anyone="every signed-in caller may end its session")
async def sign_out(info: CivicInfo, input: SignOutInput) -> SignOutPayload:  # noqa: A002, ARG001 - GraphQL's own word
    """End the session."""
    await info.context.services.accounts.sign_out(actor=info.context.require_actor())
    return SignOutPayload(signed_out=True)


@strawberry.type
class AccountMutations:
    """Sessions."""

    sign_in = sign_in
    refresh_session = refresh_session
    sign_out = sign_out
