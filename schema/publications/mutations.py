"""Drafting, checking, publishing, waiving, withdrawing."""

from __future__ import annotations

from uuid import UUID

import strawberry

from schema.cases.types import Case
from schema.context import CivicInfo
from schema.ids import row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from schema.publications.types import Publication
from server.publications.service import drafting, publishing
from tenants.permissions import Permission

_CASE = "Id of the case."
_VERSION = "Version of the case that the caller saw; VERSION_CONFLICT when it is no longer the present one."
_PUBLICATION = "Id of the publication."


@strawberry.input(
    description="What is to be public of a result: no names, numbers, addresses, health, minors or petitions."
)
class DraftPublicationInput:
    """A case and three texts."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    title: str = strawberry.field(description="What it was about, in a line of at most 200 characters.")
    asked: str = strawberry.field(description="What was asked, at most 2000 characters.")
    done: str = strawberry.field(description="What was done, at most 2000 characters.")


@strawberry.input(description="Which draft says nothing that must not be public.")
class CheckPublicationInput:
    """A publication and its version."""

    publication_id: strawberry.ID = strawberry.field(description=_PUBLICATION)
    expected_version: int = strawberry.field(
        description="Version of the publication that the caller read; VERSION_CONFLICT when it is no longer the present one."
    )


@strawberry.input(description="Which case's checked draft to make public.")
class PublishCaseInput:
    """A case and its version."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="Which case's result is not made public, and why that is lawful.")
class WaivePublicationInput:
    """A case, its version and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.input(description="Which copy to take off again, and why.")
class WithdrawPublicationInput:
    """A publication and a reason."""

    publication_id: strawberry.ID = strawberry.field(description=_PUBLICATION)
    reason: str = strawberry.field(description="Why, at most 500 characters; it is not public.")


@strawberry.type
class _PublicationPayload:
    """The fields that all of these have; no type of the graph itself."""

    publication_id: strawberry.Private[UUID | None] = None
    publication: Publication | None = loaded(
        "The publication after the change, if the viewer may see it.", Publication, by="publication_id"
    )
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="A result drafted for the public.")
class DraftPublicationPayload(_PublicationPayload):
    """Answer of draftPublication."""


@strawberry.type(description="A draft checked.")
class CheckPublicationPayload(_PublicationPayload):
    """Answer of checkPublication."""


@strawberry.type(description="A copy taken off.")
class WithdrawPublicationPayload(_PublicationPayload):
    """Answer of withdrawPublication."""


@strawberry.type
class _PublishedPayload:
    """The fields that these have; no type of the graph itself."""

    case_id: strawberry.Private[UUID | None] = None
    case: Case | None = loaded("The case after the change, if the viewer may see it.", Case, by="case_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="A result made public.")
class PublishCasePayload(_PublishedPayload):
    """Answer of publishCase."""


@strawberry.type(description="A result not made public.")
class WaivePublicationPayload(_PublishedPayload):
    """Answer of waivePublication."""


async def _desk(info: CivicInfo) -> drafting.Desk:
    """Before the transaction: reading the manifest may take a connection of its own."""
    services = info.context.services
    manifest = await services.registry.manifest(info.context.require_actor().tenant_id)
    return drafting.Desk(manifest, services.keyring)


@mutation(
    "Draft what is to be public of a result; what the check finds in it is in publication.findings, to be taken out.",
    permission=Permission.CASE_PUBLISH,
)
async def draft_publication(info: CivicInfo, input: DraftPublicationInput) -> DraftPublicationPayload:  # noqa: A002 - GraphQL's own word
    """Draft."""
    desk, case_id = await _desk(info), row_id(input.case_id, "case", field="caseId")
    async with info.context.write() as session:
        publication_id = await drafting.draft_publication(
            session,
            case_id=case_id,
            title=input.title,
            asked=input.asked,
            done=input.done,
            desk=desk,
            actor=info.context.require_actor(),
        )
    return DraftPublicationPayload(publication_id=publication_id)


@mutation(
    "Find that a draft says nothing that must not be public; never one's own draft.", permission=Permission.CASE_PUBLISH
)
async def check_publication(info: CivicInfo, input: CheckPublicationInput) -> CheckPublicationPayload:  # noqa: A002 - GraphQL's own word
    """Check."""
    desk, id_ = await _desk(info), row_id(input.publication_id, "publication", field="publicationId")
    async with info.context.write() as session:
        await drafting.check_publication(
            session,
            publication_id=id_,
            expected_version=input.expected_version,
            desk=desk,
            actor=info.context.require_actor(),
        )
    return CheckPublicationPayload(publication_id=id_)


@mutation(
    "Make the checked draft of a case public as a copy that does not name the case.", permission=Permission.CASE_PUBLISH
)
async def publish_case(info: CivicInfo, input: PublishCaseInput) -> PublishCasePayload:  # noqa: A002 - GraphQL's own word
    """Publish."""
    desk, case_id = await _desk(info), row_id(input.case_id, "case", field="caseId")
    async with info.context.write() as session:
        await publishing.publish_case(
            session,
            case_id=case_id,
            expected_version=input.expected_version,
            desk=desk,
            actor=info.context.require_actor(),
        )
    return PublishCasePayload(case_id=case_id)


@mutation(
    "Decide that a result is not made public, with a lawful reason; the step counts as taken.",
    permission=Permission.CASE_PUBLISH,
)
async def waive_publication(info: CivicInfo, input: WaivePublicationInput) -> WaivePublicationPayload:  # noqa: A002 - GraphQL's own word
    """Waive."""
    desk, case_id = await _desk(info), row_id(input.case_id, "case", field="caseId")
    async with info.context.write() as session:
        await publishing.waive_publication(
            session,
            case_id=case_id,
            expected_version=input.expected_version,
            reason=input.reason,
            desk=desk,
            actor=info.context.require_actor(),
        )
    return WaivePublicationPayload(case_id=case_id)


@mutation(
    "Take what is public of a case off again; that there was something is still told.",
    permission=Permission.CASE_PUBLISH,
)
async def withdraw_publication(info: CivicInfo, input: WithdrawPublicationInput) -> WithdrawPublicationPayload:  # noqa: A002 - GraphQL's own word
    """Take off."""
    desk, id_ = await _desk(info), row_id(input.publication_id, "publication", field="publicationId")
    async with info.context.write() as session:
        await publishing.withdraw_publication(
            session, publication_id=id_, reason=input.reason, desk=desk, actor=info.context.require_actor()
        )
    return WithdrawPublicationPayload(publication_id=id_)


@strawberry.type
class PublicationMutations:
    """Publications."""

    draft_publication = draft_publication
    check_publication = check_publication
    publish_case = publish_case
    waive_publication = waive_publication
    withdraw_publication = withdraw_publication
