"""The mutations beside the main line of a case: merging, appeals, hops, supervision, progress, classes."""

from __future__ import annotations

import strawberry

from schema.cases import course_inputs as inputs
from schema.cases import payloads
from schema.cases.changing import changed
from schema.context import CivicInfo
from schema.ids import row_id
from schema.mutations import mutation
from server.cases.service import hops, intake, merging, progress, supervision
from tenants.permissions import Permission


@mutation(
    "Merge a fresh report into another open case of the same place and category.", permission=Permission.CASE_MERGE
)
async def merge_case(info: CivicInfo, input: inputs.MergeCaseInput) -> payloads.MergeCasePayload:  # noqa: A002
    """Merge."""
    return payloads.MergeCasePayload(
        case_id=await changed(
            info,
            input,
            merging.merge_case,
            into_case_id=row_id(input.into_case_id, "case", field="intoCaseId"),
            reason=input.reason,
        ),
    )


@mutation("Ask for another look at one's own report that was refused, once.", permission=Permission.CASE_APPEAL)
async def appeal_case(info: CivicInfo, input: inputs.AppealCaseInput) -> payloads.AppealCasePayload:  # noqa: A002
    """Appeal."""
    return payloads.AppealCasePayload(
        case_id=await changed(info, input, intake.appeal_case, reason=input.reason),
    )


@mutation(
    "Change the class of a classified case, with a reason; a missed deadline stays missed.",
    permission=Permission.CASE_TRIAGE,
)
async def reclassify_case(info: CivicInfo, input: inputs.ReclassifyCaseInput) -> payloads.ReclassifyCasePayload:  # noqa: A002
    """Classify anew."""
    return payloads.ReclassifyCasePayload(
        case_id=await changed(
            info, input, intake.reclassify_case, category=input.category, severity=input.severity, reason=input.reason
        ),
    )


@mutation("Send a case one level down, to the organization it came from.", permission=Permission.CASE_SEND_BACK)
async def send_back_case(info: CivicInfo, input: inputs.SendBackCaseInput) -> payloads.SendBackCasePayload:  # noqa: A002
    """Send back down."""
    return payloads.SendBackCasePayload(
        case_id=await changed(info, input, hops.send_back_case, reason=input.reason),
    )


@mutation(
    "Pass a result on to the level below, until it has come down all the way.", permission=Permission.CASE_FEEDBACK
)
async def relay_feedback(info: CivicInfo, input: inputs.RelayFeedbackInput) -> payloads.RelayFeedbackPayload:  # noqa: A002
    """Pass on."""
    return payloads.RelayFeedbackPayload(
        case_id=await changed(info, input, hops.relay_feedback, feedback=input.feedback),
    )


@mutation("Look after a case of the levels below.", permission=Permission.CASE_SUPERVISE)
async def track_case(info: CivicInfo, input: inputs.TrackCaseInput) -> payloads.TrackCasePayload:  # noqa: A002
    """Track."""
    return payloads.TrackCasePayload(
        case_id=await changed(info, input, supervision.track_case, text=input.text),
    )


@mutation("Urge whoever has a tracked case; the urge needs an answer.", permission=Permission.CASE_SUPERVISE)
async def urge_case(info: CivicInfo, input: inputs.UrgeCaseInput) -> payloads.UrgeCasePayload:  # noqa: A002
    """Urge."""
    return payloads.UrgeCasePayload(
        case_id=await changed(info, input, supervision.urge_case, text=input.text),
    )


@mutation("Answer the urge that waits.", permission=Permission.CASE_PROGRESS)
async def answer_urge(info: CivicInfo, input: inputs.AnswerUrgeInput) -> payloads.AnswerUrgePayload:  # noqa: A002
    """Answer."""
    return payloads.AnswerUrgePayload(
        case_id=await changed(info, input, supervision.answer_urge, text=input.text),
    )


@mutation("Say that a tracked case needs no urge, with a reason.", permission=Permission.CASE_SUPERVISE)
async def waive_urge(info: CivicInfo, input: inputs.WaiveUrgeInput) -> payloads.WaiveUrgePayload:  # noqa: A002
    """Waive."""
    return payloads.WaiveUrgePayload(
        case_id=await changed(info, input, supervision.waive_urge, reason=input.reason),
    )


@mutation("Tell the reporter how the work goes.", permission=Permission.CASE_PROGRESS)
async def progress_case(info: CivicInfo, input: inputs.ProgressCaseInput) -> payloads.ProgressCasePayload:  # noqa: A002
    """Report progress."""
    check = input.field_check
    return payloads.ProgressCasePayload(
        case_id=await changed(
            info,
            input,
            progress.progress_case,
            text=input.text,
            handling=input.handling,
            parties_consented=input.parties_consented,
            field_check=progress.FieldCheck(check.at, check.findings) if check else None,
        ),
    )


@mutation(
    "Explain to the reporter of a complex or major matter why it takes its time.", permission=Permission.CASE_PROGRESS
)
async def explain_case(info: CivicInfo, input: inputs.ExplainCaseInput) -> payloads.ExplainCasePayload:  # noqa: A002
    """Explain."""
    return payloads.ExplainCasePayload(
        case_id=await changed(info, input, progress.explain_case, text=input.text),
    )


@strawberry.type
class CourseMutations:
    """What is done beside the main line of a case."""

    merge_case = merge_case
    appeal_case = appeal_case
    reclassify_case = reclassify_case
    send_back_case = send_back_case
    relay_feedback = relay_feedback
    track_case = track_case
    urge_case = urge_case
    answer_urge = answer_urge
    waive_urge = waive_urge
    progress_case = progress_case
    explain_case = explain_case
