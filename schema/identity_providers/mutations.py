"""Signing in at a city's identity provider, linking and unlinking accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from schema.accounts.identities import LinkedIdentity
from schema.accounts.own_mutations import SessionsPayload
from schema.accounts.payloads import Credentials, SignInPayload
from schema.context import CivicInfo
from schema.ids import row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from server.identity_providers.service.front import Begun, Returned
from tenants.permissions import Permission

_OWN = "everybody keeps their own account"
_STATE = "As beginSignIn or beginIdentityLink gave it; compare it with what your page kept before you send it."
_CODE = "code, as the browser brought it back."
_ISSUER = "iss, as the browser brought it back (RFC 9207); null if it was not there."


@strawberry.input(description="Where to sign in, and where the browser shall come back to.")
class BeginSignInInput:
    """The city and the address."""

    tenant: str = strawberry.field(description="Slug of the city.")
    redirect_uri: str = strawberry.field(description="One of those the city's manifest lists, character by character.")
    invitation: str | None = strawberry.field(
        default=None, description="The token of an invitation: completing the sign-in opens the account it is for."
    )


@strawberry.type(description="Answer to beginSignIn and beginIdentityLink.")
class BeginSignInPayload:
    """Where to send the browser, or why nowhere."""

    authorization_url: str | None = strawberry.field(
        default=None, description="Send the browser there; null on failure."
    )
    state: str | None = strawberry.field(
        default=None, description="What the browser will bring back: good once. Keep it in the page's own session."
    )
    expires_at: datetime | None = strawberry.field(default=None, description="Until when: ten minutes.")
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="What the browser brought back from the identity provider.")
class CompleteSignInInput:
    """State and code."""

    state: str = strawberry.field(description=_STATE)
    code: str = strawberry.field(description=_CODE)
    issuer: str | None = strawberry.field(default=None, description=_ISSUER)


@strawberry.input(description="Where the browser shall come back to.")
class BeginIdentityLinkInput:
    """Proof that it is the owner who asks, and the address."""

    password: str = strawberry.field(description="The password of the viewer's own account.")
    redirect_uri: str = strawberry.field(description="One of those the city's manifest lists, character by character.")


@strawberry.input(description="What the browser brought back from the identity provider.")
class LinkIdentityInput:
    """State and code."""

    state: str = strawberry.field(description=_STATE)
    code: str = strawberry.field(description=_CODE)
    issuer: str | None = strawberry.field(default=None, description=_ISSUER)


@strawberry.type(description="Answer to linkIdentity.")
class LinkIdentityPayload:
    """The link, or why there is none."""

    identity_id: strawberry.Private[UUID | None] = None
    identity: LinkedIdentity | None = loaded("The link.", LinkedIdentity, by="identity_id")
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A link to take from the viewer's own account.")
class UnlinkIdentityInput:
    """Which one."""

    identity_id: strawberry.ID = strawberry.field(description="The link, as viewer.identities lists it.")


@strawberry.input(description="An account that nobody at an identity provider shall enter any more.")
class UnlinkIdentitiesInput:
    """Whose."""

    username: str = strawberry.field(description="Name of the account.")


@mutation(
    "Begin to sign in at the identity provider of a city. The state it gives is good once, for ten minutes.",
    permission=None,
    anyone="nobody is signed in before signing in",
)
async def begin_sign_in(info: CivicInfo, input: BeginSignInInput) -> BeginSignInPayload:  # noqa: A002 - GraphQL's own word
    """Begin."""
    begun = await info.context.services.identity_providers.begin_sign_in(
        tenant_slug=input.tenant,
        redirect_uri=input.redirect_uri,
        invitation=input.invitation,
        request_id=info.context.request_id,
    )
    return _payload(begun)


@mutation(
    "Start a session for whoever came back from the identity provider. A state is good for one attempt.",
    permission=None,
    anyone="state and code are the credential",
)
async def complete_sign_in(info: CivicInfo, input: CompleteSignInInput) -> SignInPayload:  # noqa: A002 - GraphQL's own word
    """Complete."""
    signed_in = await info.context.services.identity_providers.complete(
        Returned(input.state, input.code, input.issuer),
        user_agent=info.context.user_agent,
        request_id=info.context.request_id,
    )
    return SignInPayload(
        credentials=Credentials(
            access_token=signed_in.access_token,
            access_expires_at=signed_in.access_expires_at,
            refresh_token=signed_in.refresh_token,
            refresh_expires_at=signed_in.refresh_expires_at,
        )
    )


@mutation(
    "Begin to link the viewer's own account to somebody at the city's identity provider.",
    permission=None,
    anyone=_OWN,
)
async def begin_identity_link(info: CivicInfo, input: BeginIdentityLinkInput) -> BeginSignInPayload:  # noqa: A002 - GraphQL's own word
    """Begin to link."""
    begun = await info.context.services.identity_providers.begin_link(
        password=input.password,
        redirect_uri=input.redirect_uri,
        actor=info.context.require_actor(),
        peer=info.context.peer,
    )
    return _payload(begun)


@mutation("Link the viewer's own account to whoever came back from the provider.", permission=None, anyone=_OWN)
async def link_identity(info: CivicInfo, input: LinkIdentityInput) -> LinkIdentityPayload:  # noqa: A002 - GraphQL's own word
    """Link."""
    identity_id = await info.context.services.identity_providers.link(
        Returned(input.state, input.code, input.issuer), actor=info.context.require_actor()
    )
    return LinkIdentityPayload(identity_id=identity_id)


@mutation(
    "Take a link from the viewer's own account. Its other sessions that were begun at a provider end.",
    permission=None,
    anyone=_OWN,
)
async def unlink_identity(info: CivicInfo, input: UnlinkIdentityInput) -> SessionsPayload:  # noqa: A002 - GraphQL's own word
    """Unlink."""
    identity_id = row_id(input.identity_id, "identity", field="identityId")
    ended = await info.context.services.identity_providers.unlink(identity_id, actor=info.context.require_actor())
    return SessionsPayload(ended=ended)


@mutation(
    "Take every link from somebody's account. Its sessions that were begun at a provider end.",
    permission=Permission.USER_UPDATE,
)
async def unlink_identities(info: CivicInfo, input: UnlinkIdentitiesInput) -> SessionsPayload:  # noqa: A002 - GraphQL's own word
    """Unlink somebody."""
    ended = await info.context.services.identity_providers.unlink_all(
        username=input.username, actor=info.context.require_actor()
    )
    return SessionsPayload(ended=ended)


def _payload(begun: Begun) -> BeginSignInPayload:
    return BeginSignInPayload(authorization_url=begun.authorization_url, state=begun.state, expires_at=begun.expires_at)


@strawberry.type
class IdentityProviderMutations:
    """Sign-ins elsewhere."""

    begin_sign_in = begin_sign_in
    complete_sign_in = complete_sign_in
    begin_identity_link = begin_identity_link
    link_identity = link_identity
    unlink_identity = unlink_identity
    unlink_identities = unlink_identities
