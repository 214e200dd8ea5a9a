"""What is done beside the states of a case: shared, answered point by point, scored, visited, linked."""

from __future__ import annotations

import strawberry

from schema.cases import joint_inputs as inputs
from schema.cases import payloads
from schema.cases.changing import changed
from schema.context import CivicInfo
from schema.ids import row_id
from schema.mutations import mutation
from server.cases.service import allegations, appraisal, bundles, tasks
from tenants.permissions import Permission


@mutation(
    "Ask departments for their share of a case; it is concluded when all have done theirs. They see it from now on.",
    permission=Permission.CASE_DISPATCH,
)
async def assign_tasks(info: CivicInfo, input: inputs.AssignTasksInput) -> payloads.AssignTasksPayload:  # noqa: A002
    """Share a case."""
    organization_ids = [row_id(id_, "org", field="organizationIds") for id_ in input.organization_ids]
    return payloads.AssignTasksPayload(
        case_id=await changed(
            info,
            input,
            tasks.assign_tasks,
            organization_ids=organization_ids,
            text=input.text,
        )
    )


@mutation("Say what a department did about its share of a case.", permission=Permission.CASE_RESOLVE)
async def complete_task(info: CivicInfo, input: inputs.CompleteTaskInput) -> payloads.CompleteTaskPayload:  # noqa: A002
    """Do a share."""
    task_id = row_id(input.task_id, "task", field="taskId")
    return payloads.CompleteTaskPayload(
        case_id=await changed(info, input, tasks.complete_task, task_id=task_id, result=input.result)
    )


@mutation(
    "Take a department's task back, with a reason; it sees the case by it no longer.",
    permission=Permission.CASE_DISPATCH,
)
async def cancel_task(info: CivicInfo, input: inputs.CancelTaskInput) -> payloads.CancelTaskPayload:  # noqa: A002
    """Take a share back."""
    task_id = row_id(input.task_id, "task", field="taskId")
    return payloads.CancelTaskPayload(
        case_id=await changed(info, input, tasks.cancel_task, task_id=task_id, reason=input.reason)
    )


@mutation(
    "Answer one allegation of a report; feedback is given when all are answered.", permission=Permission.CASE_FEEDBACK
)
async def answer_allegation(
    info: CivicInfo,
    input: inputs.AnswerAllegationInput,  # noqa: A002
) -> payloads.AnswerAllegationPayload:
    """Answer."""
    allegation_id = row_id(input.allegation_id, "allegation", field="allegationId")
    return payloads.AnswerAllegationPayload(
        case_id=await changed(
            info,
            input,
            allegations.answer_allegation,
            allegation_id=allegation_id,
            answer=input.answer,
        )
    )


@mutation(
    "Score the handling of a concluded case, once; apart from the reporter's rating.", permission=Permission.CASE_SCORE
)
async def score_case(info: CivicInfo, input: inputs.ScoreCaseInput) -> payloads.ScoreCasePayload:  # noqa: A002
    """Score."""
    return payloads.ScoreCasePayload(
        case_id=await changed(info, input, appraisal.score_case, score=input.score, remark=input.remark)
    )


@mutation(
    "Write down what a visit or call after the feedback found; NOT_SOLVED lets a supervisor reopen the case.",
    permission=Permission.CASE_RETURN_VISIT,
)
async def record_return_visit(
    info: CivicInfo,
    input: inputs.RecordReturnVisitInput,  # noqa: A002
) -> payloads.RecordReturnVisitPayload:
    """Ask again."""
    return payloads.RecordReturnVisitPayload(
        case_id=await changed(info, input, appraisal.record_return_visit, effect=input.effect, text=input.text)
    )


@mutation("Put another case into one bundle with a case, to mediate them together.", permission=Permission.CASE_TRIAGE)
async def link_cases(info: CivicInfo, input: inputs.LinkCasesInput) -> payloads.LinkCasesPayload:  # noqa: A002
    """Link."""
    other_id = row_id(input.other_case_id, "case", field="otherCaseId")
    return payloads.LinkCasesPayload(case_id=await changed(info, input, bundles.link_cases, other_case_id=other_id))


@mutation("Take a case out of its bundle; the others stay together.", permission=Permission.CASE_TRIAGE)
async def unlink_cases(info: CivicInfo, input: inputs.UnlinkCasesInput) -> payloads.UnlinkCasesPayload:  # noqa: A002
    """Unlink."""
    return payloads.UnlinkCasesPayload(case_id=await changed(info, input, bundles.unlink_case))


@strawberry.type
class JointMutations:
    """What is done beside the states of a case."""

    assign_tasks = assign_tasks
    complete_task = complete_task
    cancel_task = cancel_task
    answer_allegation = answer_allegation
    score_case = score_case
    record_return_visit = record_return_visit
    link_cases = link_cases
    unlink_cases = unlink_cases
