"""One person in several cities: linking accounts, and going from one city to another."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.accounts.payloads import SignInPayload, credentials_of
from schema.context import CivicInfo
from schema.mutations import UserError, mutation, user_errors

_OWN = "everybody knows for themselves where else they serve"


@strawberry.input(description="Nothing is needed to make a link code but the access token itself.")
class CreateLinkCodeInput:
    """Room for a client's own mark."""

    client_mutation_id: str | None = strawberry.field(default=None, description="Ignored.")


@strawberry.type(description="Answer to createLinkCode. The code is shown once.")
class CreateLinkCodePayload:
    """The code, or why there is none."""

    code: str | None = strawberry.field(
        default=None, description="Send it with linkCity, signed in to another city; good once, for ten minutes."
    )
    expires_at: datetime | None = strawberry.field(default=None, description="When it ends.")
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A link code of the viewer's account in another city.")
class LinkCityInput:
    """The code."""

    code: str = strawberry.field(
        description="As createLinkCode showed it to you in the other city; nobody else's: its maker can switch to your account."
    )


@strawberry.input(description="A city to part from.")
class UnlinkCityInput:
    """Which one."""

    tenant: str = strawberry.field(description="Slug of the city; the viewer's own parts this account from all others.")


@strawberry.type(description="Answer to linkCity and unlinkCity.")
class LinkCityPayload:
    """Whether it was done."""

    done: bool | None = strawberry.field(
        default=None, description="true when viewer.cities is as asked for; null on failure."
    )
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A city to go to.")
class SwitchCityInput:
    """Where to."""

    tenant: str = strawberry.field(description="Slug of one of viewer.cities.")
    code: str | None = strawberry.field(
        default=None, description="What the authenticator of the account there shows; after CODE_REQUIRED only."
    )


@mutation(
    "Make a code with which the viewer's account in another city is linked to this one.", permission=None, anyone=_OWN
)
async def create_link_code(info: CivicInfo, input: CreateLinkCodeInput) -> CreateLinkCodePayload:  # noqa: A002, ARG001 - GraphQL's own word
    """Make a code."""
    made = await info.context.services.persons.make_code(actor=info.context.require_actor())
    return CreateLinkCodePayload(code=made.text, expires_at=made.expires_at)


@mutation(
    "Link the viewer's account here with the one in another city that made the code. Neither city learns of the other.",
    permission=None,
    anyone=_OWN,
)
async def link_city(info: CivicInfo, input: LinkCityInput) -> LinkCityPayload:  # noqa: A002 - GraphQL's own word
    """Link."""
    await info.context.services.persons.link(input.code, actor=info.context.require_actor())
    return LinkCityPayload(done=True)


@mutation("Part the viewer's account in a city from those in other cities.", permission=None, anyone=_OWN)
async def unlink_city(info: CivicInfo, input: UnlinkCityInput) -> LinkCityPayload:  # noqa: A002 - GraphQL's own word
    """Unlink."""
    await info.context.services.persons.unlink(input.tenant, actor=info.context.require_actor())
    return LinkCityPayload(done=True)


@mutation(
    "Begin a session in another city where the viewer has a linked account; this one goes on. A city that is unknown, "
    "suspended, not linked or where the account is disabled is answered alike.",
    permission=None,
    anyone=_OWN,
)
async def switch_city(info: CivicInfo, input: SwitchCityInput) -> SignInPayload:  # noqa: A002 - GraphQL's own word
    """Go to another city."""
    signed_in = await info.context.services.persons.switch(
        input.tenant,
        code=input.code,
        actor=info.context.require_actor(),
        peer=info.context.peer,
        user_agent=info.context.user_agent,
    )
    return SignInPayload(credentials=credentials_of(signed_in))


@strawberry.type
class PersonMutations:
    """One person in several cities."""

    create_link_code = create_link_code
    link_city = link_city
    unlink_city = unlink_city
    switch_city = switch_city
