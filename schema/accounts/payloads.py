"""What signing in and out takes, and what it gives."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.mutations import UserError, user_errors
from server.accounts.sessions import SignedIn


@strawberry.type(description="A session's two credentials. Each is shown once.")
class Credentials:
    """What signing in gives."""

    access_token: str = strawberry.field(description="Send it as 'Authorization: Bearer <token>'.")
    access_expires_at: datetime = strawberry.field(description="When the access token ends.")
    refresh_token: str = strawberry.field(
        description="Exchange it for a new pair with refreshSession; works once, and for 10 seconds again if the answer was lost."
    )
    refresh_expires_at: datetime = strawberry.field(description="When the session ends for good.")


def credentials_of(signed_in: SignedIn) -> Credentials:
    """A session's credentials as clients see them."""
    return Credentials(
        access_token=signed_in.access_token,
        access_expires_at=signed_in.access_expires_at,
        refresh_token=signed_in.refresh_token,
        refresh_expires_at=signed_in.refresh_expires_at,
    )


@strawberry.type(description="Answer to signIn, refreshSession and switchCity.")
class SignInPayload:
    """A session's credentials, or why there are none."""

    credentials: Credentials | None = strawberry.field(default=None, description="Null when there are errors.")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to signOut.")
class SignOutPayload:
    """Whether the session has ended."""

    signed_out: bool = strawberry.field(default=False, description="true when the session is over.")
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="Who wants to sign in, and where.")
class SignInInput:
    """Credentials of a local account."""

    tenant: str = strawberry.field(description="Slug of the city, for example daye; 'platform' for the operator.")
    username: str = strawberry.field(description="Name of the account.")
    password: str = strawberry.field(description="Its password.")
    code: str | None = strawberry.field(
        default=None, description="What its authenticator shows, or a recovery code; after CODE_REQUIRED only."
    )


@strawberry.input(description="A session to go on with.")
class RefreshSessionInput:
    """A refresh token."""

    refresh_token: str = strawberry.field(description="The newest refresh token of the session.")


@strawberry.input(description="Nothing is needed to sign out but the access token itself.")
class SignOutInput:
    """Room for a client's own mark."""

    client_mutation_id: str | None = strawberry.field(default=None, description="Ignored.")
