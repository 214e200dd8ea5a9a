"""Signing in with a telephone, and changing one's number."""

from __future__ import annotations

import strawberry

from schema.accounts.payloads import Credentials, credentials_of
from schema.context import CivicInfo
from schema.ids import optional_row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.prices import listed
from server.accounts.sessions import SignedIn
from server.phones.service.signing_in import MOST_RESIDENTS
from tenants.ids import public_id

_OWN = "everybody keeps their own number"


@strawberry.input(description="A number to send a code to, for signing in.")
class RequestPhoneCodeInput:
    """Where, and to which number."""

    tenant: str = strawberry.field(description="Slug of the city.")
    phone: str = strawberry.field(description="A Chinese mobile number, or any with + and the country before it.")


@strawberry.type(
    description="Answer to requestPhoneCode and beginPhoneChange: the same whether a code was sent or not."
)
class PhoneCodePayload:
    """Nothing that tells of the number."""

    requested: bool | None = strawberry.field(
        default=None,
        description="true: if the number is known and not too many codes were asked for, one arrives. null on failure.",
    )
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A code that was sent to a telephone.")
class SignInByPhoneInput:
    """Number and code, and who it is of a household."""

    tenant: str = strawberry.field(description="Slug of the city; a code is good in the city it was asked for in.")
    phone: str = strawberry.field(description="The number the code was sent to.")
    code: str = strawberry.field(description="The six digits.")
    resident_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who of the residents it is that an answer to the same code named."
    )
    authenticator_code: str | None = strawberry.field(
        default=None,
        description="What the account's authenticator shows, or a recovery code; after CODE_REQUIRED only.",
    )


@strawberry.type(description="A resident who has the number.")
class PhoneResident:
    """Somebody of the household."""

    id: strawberry.ID = strawberry.field(description="To be sent as residentId.")
    name: str = strawberry.field(description="The name with all but its last character masked.")


@strawberry.type(description="Answer to signInByPhone: credentials, or the residents to choose from.")
class SignInByPhonePayload:
    """A session's credentials, a question, or why there is neither."""

    credentials: Credentials | None = strawberry.field(
        default=None, description="Null when there are errors, or somebody has to be chosen."
    )
    residents: list[PhoneResident] | None = strawberry.field(
        default=None,
        description="Several residents have the number: send the same code again with the residentId of one.",
        metadata=listed(MOST_RESIDENTS),
    )
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="Another number for the viewer.")
class BeginPhoneChangeInput:
    """The number to change to."""

    phone: str = strawberry.field(description="The new number; it gets a code.")


@strawberry.input(description="The code that the new number got.")
class ConfirmPhoneChangeInput:
    """The number and its code."""

    phone: str = strawberry.field(description="The new number, as for beginPhoneChange.")
    code: str = strawberry.field(description="The six digits.")


@strawberry.type(description="Answer to confirmPhoneChange.")
class ConfirmPhoneChangePayload:
    """Whether the number is changed."""

    changed: bool | None = strawberry.field(default=None, description="true when it is; null on failure.")
    user_errors: list[UserError] = user_errors()


@mutation(
    "Have a one-time code sent to a resident's telephone. The answer never tells whether anybody has the number.",
    permission=None,
    anyone="nobody is signed in before signing in",
)
async def request_phone_code(info: CivicInfo, input: RequestPhoneCodeInput) -> PhoneCodePayload:  # noqa: A002 - GraphQL's own word
    """Ask for a code."""
    await info.context.services.phones.request_code(
        tenant_slug=input.tenant, phone=input.phone, peer=info.context.peer, request_id=info.context.request_id
    )
    return PhoneCodePayload(requested=True)


@mutation(
    "Sign in as a resident with a code that was sent to the telephone; the first time opens the account. Whatever is wrong "
    "is answered alike.",
    permission=None,
    anyone="nobody is signed in before signing in",
)
async def sign_in_by_phone(info: CivicInfo, input: SignInByPhoneInput) -> SignInByPhonePayload:  # noqa: A002 - GraphQL's own word
    """Start a session, or ask who it is."""
    answer = await info.context.services.phones.sign_in(
        tenant_slug=input.tenant,
        phone=input.phone,
        code=input.code,
        resident_id=optional_row_id(input.resident_id, "resident", field="residentId"),
        authenticator=input.authenticator_code,
        peer=info.context.peer,
        user_agent=info.context.user_agent,
        request_id=info.context.request_id,
    )
    if isinstance(answer, SignedIn):
        return SignInByPhonePayload(credentials=credentials_of(answer))
    found = [
        PhoneResident(id=strawberry.ID(public_id("resident", each.resident_id)), name=each.name) for each in answer
    ]
    return SignInByPhonePayload(residents=found)


@mutation("Begin to change the viewer's own telephone number: the new one gets a code.", permission=None, anyone=_OWN)
async def begin_phone_change(info: CivicInfo, input: BeginPhoneChangeInput) -> PhoneCodePayload:  # noqa: A002 - GraphQL's own word
    """Ask for a code."""
    await info.context.services.phones.begin_change(
        phone=input.phone, actor=info.context.require_actor(), peer=info.context.peer
    )
    return PhoneCodePayload(requested=True)


@mutation(
    "Change the viewer's own telephone number to one that has proven itself. The old one is told.",
    permission=None,
    anyone=_OWN,
)
async def confirm_phone_change(info: CivicInfo, input: ConfirmPhoneChangeInput) -> ConfirmPhoneChangePayload:  # noqa: A002 - GraphQL's own word
    """Change the number."""
    await info.context.services.phones.confirm_change(
        phone=input.phone, code=input.code, actor=info.context.require_actor(), peer=info.context.peer
    )
    return ConfirmPhoneChangePayload(changed=True)


@strawberry.type
class PhoneMutations:
    """Telephones."""

    request_phone_code = request_phone_code
    sign_in_by_phone = sign_in_by_phone
    begin_phone_change = begin_phone_change
    confirm_phone_change = confirm_phone_change
