"""Reporting sealed matters, handling them, and rating by code."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import strawberry

from schema.context import CivicInfo
from schema.ids import optional_row_id, row_id
from schema.intake.mutations import counted_report
from schema.mutations import mutation
from schema.sealed import mutation_inputs as inputs
from schema.sealed import payloads
from schema.sealed.tracked import SealedReporter
from server.intake.rules import read_code
from server.intake.service.tracking import city_of
from server.sealed.rules import SealedSatisfaction
from server.sealed.service import handling, reading, reporting, tracking
from tenants.context import Actor, anonymous_actor
from tenants.errors import NotFound
from tenants.permissions import Permission

_HOLDER = "the tracking code is the credential"


@mutation(
    "Report a matter of discipline, sealed: no ordinary role, no administrator and nobody of the organization complained "
    "of can see it. Signed in or not, with or without a name; each address without sign-in may do so a few times at once.",
    permission=None,
    anyone="whoever has to complain of an office must not need its leave",
)
async def report_sealed(info: CivicInfo, input: inputs.ReportSealedInput) -> payloads.ReportSealedPayload:  # noqa: A002
    """Begin a sealed matter."""
    async with counted_report(info) if info.context.actor is None else nullcontext():
        return payloads.ReportSealedPayload(tracking_code=await _reported(info, input))


async def _reported(info: CivicInfo, given: inputs.ReportSealedInput) -> str:
    services = info.context.services
    actor = await _reporter(info, given)
    report = reporting.SealedReport(
        allegations=tuple(given.allegations),
        organization_id=optional_row_id(given.organization_id, "org", field="organizationId"),
        grid_code=given.grid_code,
        subject=given.subject,
    )
    manifest = await services.registry.manifest(actor.tenant_id)
    async with services.transactions.open(actor) as session:
        return await reporting.report_sealed(
            session,
            report=report,
            idempotency_key=given.idempotency_key,
            manifest=manifest,
            keyring=services.keyring,
            actor=actor,
        )


@mutation("Say what the answers are worth, once each allegation has its own.", permission=None, anyone=_HOLDER)
async def rate_sealed(info: CivicInfo, input: inputs.RateSealedInput) -> payloads.RateSealedPayload:  # noqa: A002
    """Rate as the holder of a code."""
    services = info.context.services
    code = read_code(input.code)
    tenant_id = await city_of(code, services.registry)
    async with services.transactions.open(anonymous_actor(tenant_id)) as session:
        await tracking.rate_sealed(
            session,
            code,
            verdict=input.verdict,
            comment=input.comment,
            tenant_id=tenant_id,
            keyring=services.keyring,
        )
    return payloads.RateSealedPayload(satisfaction=SealedSatisfaction(input.verdict.value))


@mutation("Write down the analysis of a sealed matter.", permission=Permission.SEALED_ASSIGN)
async def analyze_sealed(info: CivicInfo, input: inputs.AnalyzeSealedInput) -> payloads.SealedCasePayload:  # noqa: A002
    """Analyze."""
    return await _step(info, input, handling.analyze_sealed, factors=input.factors, note=input.note)


@mutation("Give a sealed matter to a cooperation zone.", permission=Permission.SEALED_ASSIGN)
async def assign_sealed(info: CivicInfo, input: inputs.AssignSealedInput) -> payloads.SealedCasePayload:  # noqa: A002
    """Assign."""
    return await _step(info, input, handling.assign_zone, zone_id=row_id(input.zone_id, "zone", field="zoneId"))


@mutation("Begin to inquire into a sealed matter.", permission=Permission.SEALED_HANDLE)
async def begin_sealed_inquiry(
    info: CivicInfo,
    input: inputs.BeginSealedInquiryInput,  # noqa: A002
) -> payloads.SealedCasePayload:
    """Begin."""
    return await _step(info, input, handling.begin_inquiry)


@mutation(
    "Hand a sealed matter over for formal filing; the platform's copy takes answers only.",
    permission=Permission.SEALED_HANDLE,
)
async def transfer_sealed(info: CivicInfo, input: inputs.TransferSealedInput) -> payloads.SealedCasePayload:  # noqa: A002
    """Hand over."""
    organization_id = optional_row_id(input.organization_id, "org", field="organizationId")
    return await _step(
        info, input, handling.transfer_sealed, target=input.target, organization_id=organization_id, note=input.note
    )


@mutation("Answer one allegation of a sealed matter.", permission=Permission.SEALED_HANDLE)
async def give_sealed_feedback(
    info: CivicInfo,
    input: inputs.GiveSealedFeedbackInput,  # noqa: A002
) -> payloads.SealedCasePayload:
    """Answer."""
    return await _step(info, input, handling.give_sealed_feedback, allegation=input.allegation, text=input.text)


@mutation("Close a sealed matter when each allegation has its feedback.", permission=Permission.SEALED_HANDLE)
async def close_sealed(info: CivicInfo, input: inputs.CloseSealedInput) -> payloads.SealedCasePayload:  # noqa: A002
    """Close."""
    return await _step(info, input, handling.close_sealed)


@mutation("Learn who reported a sealed matter; the reason is written down.", permission=Permission.SEALED_IDENTIFY)
async def identify_sealed_reporter(
    info: CivicInfo,
    input: inputs.IdentifySealedReporterInput,  # noqa: A002
) -> payloads.IdentifySealedReporterPayload:
    """Identify."""
    async with info.context.write() as session:
        found = await reading.identify_reporter(
            session,
            case_id=row_id(input.case_id, "sealed", field="caseId"),
            reason=input.reason,
            keyring=info.context.services.keyring,
            actor=info.context.require_actor(),
        )
    return payloads.IdentifySealedReporterPayload(reporter=None if found is None else SealedReporter.of(found))


async def _reporter(info: CivicInfo, given: inputs.ReportSealedInput) -> Actor:
    """Who reports: the caller, or nobody known in the caller's city or the one that is named.

    Errors: NotFound for the city.
    """
    services, request_id = info.context.services, info.context.request_id
    actor = info.context.actor
    if actor is not None:
        return anonymous_actor(actor.tenant_id, request_id=request_id) if given.without_name else actor
    try:
        tenant_id = (await services.registry.by_slug(given.tenant or "")).id
    except NotFound:
        raise NotFound("No such city.", field=("tenant",)) from None
    return anonymous_actor(tenant_id, request_id=request_id)


async def _step(
    info: CivicInfo, given: Any, step: Callable[..., Coroutine[Any, Any, UUID]], **words: Any
) -> payloads.SealedCasePayload:
    """One step of the matter that an input names, at the version it saw."""
    async with info.context.write() as session:
        case_id = await step(
            session,
            case_id=row_id(given.case_id, "sealed", field="caseId"),
            expected_version=given.expected_version,
            keyring=info.context.services.keyring,
            actor=info.context.require_actor(),
            **words,
        )
    return payloads.SealedCasePayload(case_id=case_id)


@strawberry.type
class SealedMutations:
    """Changes of sealed matters."""

    report_sealed = report_sealed
    rate_sealed = rate_sealed
    analyze_sealed = analyze_sealed
    assign_sealed = assign_sealed
    begin_sealed_inquiry = begin_sealed_inquiry
    transfer_sealed = transfer_sealed
    give_sealed_feedback = give_sealed_feedback
    close_sealed = close_sealed
    identify_sealed_reporter = identify_sealed_reporter
