"""The loop of a case, one mutation a step: one input, one payload, one transaction."""

from __future__ import annotations

import strawberry

from schema.cases import mutation_inputs as inputs
from schema.cases import payloads
from schema.cases.changing import changed
from schema.cases.intake_inputs import intake_of
from schema.context import CivicInfo
from schema.ids import optional_row_id, row_id
from schema.mutations import mutation
from server.attachments.service.attaching import attach_to_report
from server.cases.service import closing, dispatch, escalation, intake, reporting
from server.cases.service.policy import policy_of
from server.intake.service.behalf import keep_contact
from tenants.permissions import Permission


@mutation("Report a matter; residents report their own.", permission=Permission.CASE_REPORT)
async def report_case(info: CivicInfo, input: inputs.ReportCaseInput) -> payloads.ReportCasePayload:  # noqa: A002
    """Begin a case."""
    actor = info.context.require_actor()
    intake_, contact = intake_of(input.source, input.origin, input.on_behalf_of, input.service)
    report = reporting.Report(
        grid_id=row_id(input.grid_id, "grid", field="gridId"),
        category=input.category,
        title=input.title,
        description=input.description,
        track=input.track,
        allegations=tuple(input.allegations),
        answers=input.answers,
        intake=intake_,
        attachment_ids=tuple(row_id(id_, "attachment", field="attachmentIds") for id_ in input.attachment_ids),
    )
    keyring = info.context.services.keyring
    kept = [keep_contact(contact, keyring=keyring, tenant_id=actor.tenant_id)] if contact else []
    sent = [attach_to_report(report.attachment_ids, actor=actor)] if report.attachment_ids else []
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        case_id = await reporting.report_case(
            session,
            report=report,
            idempotency_key=input.idempotency_key,
            policy=policy_of(manifest),
            actor=actor,
            beside=[*kept, *sent],
        )
    return payloads.ReportCasePayload(case_id=case_id)


@mutation("Take a reported case on.", permission=Permission.CASE_ACCEPT)
async def accept_case(info: CivicInfo, input: inputs.AcceptCaseInput) -> payloads.AcceptCasePayload:  # noqa: A002
    """Accept."""
    return payloads.AcceptCasePayload(case_id=await changed(info, input, intake.accept_case))


@mutation("Refuse a reported case, with a reason.", permission=Permission.CASE_REJECT)
async def reject_case(info: CivicInfo, input: inputs.RejectCaseInput) -> payloads.RejectCasePayload:  # noqa: A002
    """Reject."""
    return payloads.RejectCasePayload(
        case_id=await changed(info, input, intake.reject_case, reason=input.reason, turn_to=input.turn_to)
    )


@mutation("Classify an accepted case.", permission=Permission.CASE_TRIAGE)
async def triage_case(info: CivicInfo, input: inputs.TriageCaseInput) -> payloads.TriageCasePayload:  # noqa: A002
    """Classify."""
    return payloads.TriageCasePayload(
        case_id=await changed(
            info,
            input,
            intake.triage_case,
            category=input.category,
            severity=input.severity,
            containment=input.containment,
            reason=input.reason,
        )
    )


@mutation("Send a case to the pool, or to a member by name.", permission=Permission.CASE_DISPATCH)
async def dispatch_case(info: CivicInfo, input: inputs.DispatchCaseInput) -> payloads.DispatchCasePayload:  # noqa: A002
    """Dispatch."""
    return payloads.DispatchCasePayload(
        case_id=await changed(
            info,
            input,
            dispatch.dispatch_case,
            handler_id=optional_row_id(input.handler_id, "member", field="handlerId"),
        )
    )


@mutation("Take a case from the pool; of many who try at once, one gets it.", permission=Permission.CASE_CLAIM)
async def claim_case(info: CivicInfo, input: inputs.ClaimCaseInput) -> payloads.ClaimCasePayload:  # noqa: A002
    """Claim."""
    return payloads.ClaimCasePayload(case_id=await changed(info, input, dispatch.claim_case))


@mutation(
    "Give a case back to the pool; a dispatcher takes it back from its handler.", permission=Permission.CASE_RELEASE
)
async def release_case(info: CivicInfo, input: inputs.ReleaseCaseInput) -> payloads.ReleaseCasePayload:  # noqa: A002
    """Release."""
    return payloads.ReleaseCasePayload(case_id=await changed(info, input, dispatch.release_case, reason=input.reason))


@mutation("Begin work on a case one claimed or was named for.", permission=Permission.CASE_START)
async def start_case(info: CivicInfo, input: inputs.StartCaseInput) -> payloads.StartCasePayload:  # noqa: A002
    """Begin work."""
    return payloads.StartCasePayload(case_id=await changed(info, input, dispatch.start_case))


@mutation("Hand a case exactly one level up, with a reason.", permission=Permission.CASE_ESCALATE)
async def escalate_case(info: CivicInfo, input: inputs.EscalateCaseInput) -> payloads.EscalateCasePayload:  # noqa: A002
    """Hand up."""
    return payloads.EscalateCasePayload(
        case_id=await changed(info, input, escalation.escalate_case, reason=input.reason)
    )


@mutation("Conclude a case, saying what was done.", permission=Permission.CASE_RESOLVE)
async def resolve_case(info: CivicInfo, input: inputs.ResolveCaseInput) -> payloads.ResolveCasePayload:  # noqa: A002
    """Conclude."""
    return payloads.ResolveCasePayload(case_id=await changed(info, input, closing.resolve_case, result=input.result))


@mutation("Tell the reporter the result.", permission=Permission.CASE_FEEDBACK)
async def give_feedback(info: CivicInfo, input: inputs.GiveFeedbackInput) -> payloads.GiveFeedbackPayload:  # noqa: A002
    """Feed back."""
    return payloads.GiveFeedbackPayload(
        case_id=await changed(info, input, closing.give_feedback, feedback=input.feedback)
    )


@mutation("Give the reporter's verdict on a result, once.", permission=Permission.CASE_RATE)
async def rate_case(info: CivicInfo, input: inputs.RateCaseInput) -> payloads.RateCasePayload:  # noqa: A002
    """Rate."""
    return payloads.RateCasePayload(
        case_id=await changed(info, input, closing.rate_case, rating=input.rating, comment=input.comment)
    )


@mutation("Ask for more work on a result, with a reason.", permission=Permission.CASE_REOPEN)
async def reopen_case(info: CivicInfo, input: inputs.ReopenCaseInput) -> payloads.ReopenCasePayload:  # noqa: A002
    """Reopen."""
    return payloads.ReopenCasePayload(case_id=await changed(info, input, closing.reopen_case, reason=input.reason))


@mutation("Take one's own report back.", permission=Permission.CASE_WITHDRAW)
async def withdraw_case(info: CivicInfo, input: inputs.WithdrawCaseInput) -> payloads.WithdrawCasePayload:  # noqa: A002
    """Withdraw."""
    return payloads.WithdrawCasePayload(case_id=await changed(info, input, intake.withdraw_case, reason=input.reason))


@mutation("Strike a concluded case off, under a number never used again.", permission=Permission.CASE_ARCHIVE)
async def archive_case(info: CivicInfo, input: inputs.ArchiveCaseInput) -> payloads.ArchiveCasePayload:  # noqa: A002
    """Strike off."""
    return payloads.ArchiveCasePayload(case_id=await changed(info, input, closing.archive_case))


@strawberry.type
class CaseMutations:
    """The loop of a case."""

    report_case = report_case
    accept_case = accept_case
    reject_case = reject_case
    triage_case = triage_case
    dispatch_case = dispatch_case
    claim_case = claim_case
    release_case = release_case
    start_case = start_case
    escalate_case = escalate_case
    resolve_case = resolve_case
    give_feedback = give_feedback
    rate_case = rate_case
    reopen_case = reopen_case
    withdraw_case = withdraw_case
    archive_case = archive_case
