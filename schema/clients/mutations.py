"""Registering the documents of a client application, and taking them back."""

from __future__ import annotations

import strawberry

from schema.context import CivicInfo, Services
from schema.documents.validity import check_of
from schema.mutations import UserError, as_data, mutation, user_errors
from server.documents import service, withdrawal
from tenants.errors import Invalid
from tenants.permissions import Permission
from tenants.sessions import Database


@strawberry.input(description="A GraphQL document and its name.")
class DocumentInput:
    """One document."""

    id: str = strawberry.field(
        description="SHA-256 of the body's UTF-8 in hexadecimal, with or without sha256: before it.",
    )
    body: str = strawberry.field(description="The document's text, exactly as the id was made of it.")


@strawberry.input(description="The documents an application may send from now on.")
class RegisterDocumentsInput:
    """Documents of one application of one city."""

    tenant: str = strawberry.field(description="Slug of the city.")
    client: str = strawberry.field(description="Code of the application, as in the city's manifest.")
    documents: list[DocumentInput] = strawberry.field(description="Up to 500 documents of 100,000 bytes together.")


@strawberry.type(description="Answer to registerDocuments.")
class RegisterDocumentsPayload:
    """Counts, or why nothing was registered."""

    registered: int | None = strawberry.field(default=None, description="How many documents are new; null on failure.")
    already_registered: int | None = strawberry.field(
        default=None,
        description="How many had been registered before; null on failure.",
    )
    user_errors: list[UserError] = user_errors()


@mutation(
    "Register documents for an application of a city: all of them or, if one has a fault, none. Registering a document "
    "again changes nothing.",
    permission=Permission.TENANT_APPLY,
)
async def register_documents(info: CivicInfo, input: RegisterDocumentsInput) -> RegisterDocumentsPayload:  # noqa: A002 - GraphQL's own word
    """Register."""
    services, language = info.context.services, info.context.language
    try:
        done = await service.register(
            _operator(services),
            [service.Given(document.id, document.body) for document in input.documents],
            tenant=input.tenant,
            client=input.client,
            check=check_of(info.schema._schema),  # noqa: SLF001 - Strawberry's own way to graphql-core's schema
            actor=info.context.require_actor(),
        )
    except service.DocumentsInvalid as error:
        return RegisterDocumentsPayload(user_errors=[as_data(fault, language) for fault in error.faults])
    if done.registered:
        services.library.trusted.forget()
        services.pubsub.wake(done.tenant_id)
    return RegisterDocumentsPayload(registered=done.registered, already_registered=done.known)


@strawberry.input(description="The documents an application may send no longer.")
class WithdrawDocumentsInput:
    """Documents of one application of one city."""

    tenant: str = strawberry.field(description="Slug of the city.")
    client: str = strawberry.field(description="Code of the application.")
    ids: list[str] = strawberry.field(
        description="Ids of up to 500 documents (SHA-256), with or without sha256: before them.",
    )


@strawberry.type(description="Answer to withdrawDocuments.")
class WithdrawDocumentsPayload:
    """Counts, or why nothing was withdrawn."""

    withdrawn: int | None = strawberry.field(default=None, description="How many were withdrawn; null on failure.")
    not_registered: int | None = strawberry.field(
        default=None,
        description="How many were not registered; null on failure.",
    )
    user_errors: list[UserError] = user_errors()


@mutation(
    "Take documents back that an application of a city may send. Within a second they are taken no longer; streams that "
    "run go on. Withdrawing a document again changes nothing.",
    permission=Permission.TENANT_APPLY,
)
async def withdraw_documents(info: CivicInfo, input: WithdrawDocumentsInput) -> WithdrawDocumentsPayload:  # noqa: A002 - GraphQL's own word
    """Withdraw."""
    services = info.context.services
    done = await withdrawal.withdraw(
        _operator(services),
        input.ids,
        tenant=input.tenant,
        client=input.client,
        actor=info.context.require_actor(),
    )
    if done.withdrawn:
        services.library.trusted.forget()
        services.pubsub.wake(done.tenant_id)
    return WithdrawDocumentsPayload(withdrawn=done.withdrawn, not_registered=done.unknown)


def _operator(services: Services) -> Database:
    if services.operator is None:
        raise Invalid(
            "This server cannot change tenants: it was started without CIVICGRID_OPERATOR_DATABASE_URL.",
            code="OPERATOR_NOT_CONFIGURED",
        )
    return services.operator


@strawberry.type
class DocumentMutations:
    """Documents of client applications."""

    register_documents = register_documents
    withdraw_documents = withdraw_documents
