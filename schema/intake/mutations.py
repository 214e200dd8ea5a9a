"""Reports without a name, what the holder of a tracking code may do, and the secrets of channels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import strawberry
from strawberry.scalars import JSON

from schema.context import CivicInfo
from schema.mutations import UserError, mutation, user_errors
from server.cases.service.policy import policy_of
from server.cases.states import Rating
from server.intake.rules import read_code
from server.intake.service import anonymous, secrets, tracking
from server.intake.service.webhooks import TooManyReports
from tenants.context import Actor, anonymous_actor
from tenants.errors import NotFound
from tenants.permissions import Permission
from tenants.sessions import WriteSession

REPORT_POINTS = 250
"""What a report without a name takes from the budget of its address, beside what the operation costs."""

_CODE = "The tracking code, as it was shown when the case was reported."
_HOLDER = "the tracking code is the credential"


@strawberry.input(description="What somebody reports without signing in.")
class ReportAnonymouslyInput:
    """A report."""

    tenant: str = strawberry.field(description="Slug of the city.")
    grid_code: str = strawberry.field(description="Code of the grid where it is, as it stands on its signs.")
    category: str = strawberry.field(description="Code of a category in the city's manifest.")
    title: str = strawberry.field(description="What it is about, in a line of at most 200 characters.")
    description: str = strawberry.field(default="", description="More about it, at most 4000 characters.")
    answers: JSON | None = strawberry.field(
        default=None, description="Answers to the category's questions (caseCategories), an object by name."
    )


@strawberry.type(description="A case reported without a name.")
class ReportAnonymouslyPayload:
    """Answer of reportAnonymously."""

    tracking_code: str | None = strawberry.field(
        default=None,
        description="By this the case is followed and rated. It is shown now and never again: whoever holds it is the "
        "reporter.",
    )
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="The verdict of whoever holds a tracking code.")
class RateTrackedCaseInput:
    """A code and a rating."""

    code: str = strawberry.field(description=_CODE)
    rating: Rating = strawberry.field(description="The verdict, one of the city's scale.")
    comment: str | None = strawberry.field(default=None, description="What the reporter adds to it.")


@strawberry.type(description="A case rated by its tracking code.")
class RateTrackedCasePayload:
    """Answer of rateTrackedCase."""

    rating: Rating | None = strawberry.field(default=None, description="The verdict as it was taken.")
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="What the holder of a tracking code has to add.")
class AddToTrackedCaseInput:
    """A code and a text."""

    code: str = strawberry.field(description=_CODE)
    text: str = strawberry.field(description="The message, at most 4000 characters.")


@strawberry.type(description="Something added to a case by its tracking code.")
class AddToTrackedCasePayload:
    """Answer of addToTrackedCase."""

    added: bool | None = strawberry.field(default=None, description="true when it was.")
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="Which channel to give a secret.")
class CreateChannelSecretInput:
    """A channel."""

    channel: str = strawberry.field(description="Code of a channel in the city's manifest.")


@strawberry.type(description="A secret of a channel.")
class CreateChannelSecretPayload:
    """Answer of createChannelSecret."""

    secret: str | None = strawberry.field(
        default=None,
        description="The secret as Standard Webhooks writes it, whsec_ and base64. It is shown now and never again.",
    )
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="Which secrets of a channel to retire.")
class RetireChannelSecretsInput:
    """A channel, and how many."""

    channel: str = strawberry.field(description="Code of the channel.")
    all: bool = strawberry.field(
        default=False, description="false: the older of two. true: every one; the channel is refused from then on."
    )


@strawberry.type(description="Secrets of a channel that are worth nothing any more.")
class RetireChannelSecretsPayload:
    """Answer of retireChannelSecrets."""

    retired: int | None = strawberry.field(default=None, description="How many.")
    user_errors: list[UserError] = user_errors()


@asynccontextmanager
async def counted_report(info: CivicInfo) -> AsyncIterator[None]:
    """Counts a report against what its address may report; one that is not taken counts no more than its request.

    Raises TooManyReports.
    """
    throttle, peer = info.context.services.throttle, info.context.peer
    admission = await throttle.take(None, peer, throttle.budgets.of("anonymous"), REPORT_POINTS)
    if not admission.granted:
        raise TooManyReports(admission.retry_after)
    try:
        yield
    except BaseException:
        throttle.give_back(None, peer, REPORT_POINTS)
        raise


@mutation(
    "Report a matter without signing in, where the city takes such reports. Each address may do so a few times at once.",
    permission=None,
    anyone="reports without a name are for those who do not want to be known",
)
async def report_anonymously(info: CivicInfo, input: ReportAnonymouslyInput) -> ReportAnonymouslyPayload:  # noqa: A002 - GraphQL's own word
    """Begin a case of nobody known."""
    async with counted_report(info):
        return ReportAnonymouslyPayload(tracking_code=await _reported(info, input))


async def _reported(info: CivicInfo, given: ReportAnonymouslyInput) -> str:
    services = info.context.services
    try:
        tenant_id = (await services.registry.by_slug(given.tenant)).id
    except NotFound:
        raise NotFound("No such city.", field=("tenant",)) from None
    manifest = await services.registry.manifest(tenant_id)
    actor = anonymous_actor(tenant_id, Permission.CASE_REPORT, request_id=info.context.request_id)
    async with services.transactions.open(actor) as session:
        return await anonymous.report_anonymously(
            session,
            grid_code=given.grid_code,
            category=given.category,
            title=given.title,
            description=given.description,
            answers=given.answers,
            allowed=manifest.intake.anonymous,
            policy=policy_of(manifest),
            keyring=services.keyring,
            actor=actor,
        )


@mutation("Give the verdict on a result by tracking code, once.", permission=None, anyone=_HOLDER)
async def rate_tracked_case(info: CivicInfo, input: RateTrackedCaseInput) -> RateTrackedCasePayload:  # noqa: A002 - GraphQL's own word
    """Rate as the holder of a code."""
    services = info.context.services
    async with _held(info, input.code) as (session, holder):
        policy = policy_of(await services.registry.manifest(holder.tenant_id))
        await tracking.rate_by_code(session, rating=input.rating, comment=input.comment, policy=policy, actor=holder)
    return RateTrackedCasePayload(rating=input.rating)


@mutation("Add something to a case by tracking code, for whoever handles it.", permission=None, anyone=_HOLDER)
async def add_to_tracked_case(info: CivicInfo, input: AddToTrackedCaseInput) -> AddToTrackedCasePayload:  # noqa: A002 - GraphQL's own word
    """Write as the holder of a code."""
    async with _held(info, input.code) as (session, holder):
        await tracking.say_by_code(session, text=input.text, actor=holder)
    return AddToTrackedCasePayload(added=True)


@asynccontextmanager
async def _held(info: CivicInfo, text: str) -> AsyncIterator[tuple[WriteSession, Actor]]:
    """A transaction in the city that a code names, and its holder. Raises NotFound for a code of no case."""
    services = info.context.services
    code = read_code(text)
    tenant_id = await tracking.city_of(code, services.registry)
    if tenant_id != tracking.NO_CITY:
        # Before the transaction: reading the manifest may take a connection of its own.
        await services.registry.manifest(tenant_id)
    request_id = info.context.request_id
    async with services.transactions.open(anonymous_actor(tenant_id)) as session:
        yield (
            session,
            await tracking.holder_of(
                session, code, tenant_id=tenant_id, keyring=services.keyring, request_id=request_id
            ),
        )


@mutation(
    "Make a secret that a channel signs its webhooks with; a channel has two at most, so that one can follow the other.",
    permission=Permission.CHANNEL_MANAGE,
)
async def create_channel_secret(info: CivicInfo, input: CreateChannelSecretInput) -> CreateChannelSecretPayload:  # noqa: A002 - GraphQL's own word
    """Make a secret."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        secret = await secrets.create_channel_secret(
            session,
            channel=input.channel,
            manifest=manifest,
            keyring=info.context.services.keyring,
            actor=actor,
        )
    return CreateChannelSecretPayload(secret=secret)


@mutation("Make the older secret of a channel worthless, or all of them.", permission=Permission.CHANNEL_MANAGE)
async def retire_channel_secrets(info: CivicInfo, input: RetireChannelSecretsInput) -> RetireChannelSecretsPayload:  # noqa: A002 - GraphQL's own word
    """Retire secrets."""
    actor = info.context.require_actor()
    async with info.context.write() as session:
        retired = await secrets.retire_channel_secrets(session, channel=input.channel, every=input.all, actor=actor)
    return RetireChannelSecretsPayload(retired=retired)


@strawberry.type
class IntakeMutations:
    """Intake."""

    report_anonymously = report_anonymously
    rate_tracked_case = rate_tracked_case
    add_to_tracked_case = add_to_tracked_case
    create_channel_secret = create_channel_secret
    retire_channel_secrets = retire_channel_secrets
