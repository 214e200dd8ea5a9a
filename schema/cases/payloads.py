"""Payloads of the case mutations: the case as its changer may see it now, or why nothing was changed."""

from __future__ import annotations

from uuid import UUID

import strawberry

from schema.cases.types import Case
from schema.mutations import UserError, user_errors
from schema.planner.fields import loaded


@strawberry.type
class _CasePayload:
    """The fields that all of them have; no type of the graph itself."""

    case_id: strawberry.Private[UUID | None] = None
    case: Case | None = loaded("The case after the change, if the viewer may see it.", Case, by="case_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="A case reported.")
class ReportCasePayload(_CasePayload):
    """Answer of reportCase."""


@strawberry.type(description="A case taken on.")
class AcceptCasePayload(_CasePayload):
    """Answer of acceptCase."""


@strawberry.type(description="A case refused.")
class RejectCasePayload(_CasePayload):
    """Answer of rejectCase."""


@strawberry.type(description="A case classified.")
class TriageCasePayload(_CasePayload):
    """Answer of triageCase."""


@strawberry.type(description="A case sent to the pool or to a handler.")
class DispatchCasePayload(_CasePayload):
    """Answer of dispatchCase."""


@strawberry.type(description="A case claimed.")
class ClaimCasePayload(_CasePayload):
    """Answer of claimCase."""


@strawberry.type(description="A case given back or taken back.")
class ReleaseCasePayload(_CasePayload):
    """Answer of releaseCase."""


@strawberry.type(description="A case begun.")
class StartCasePayload(_CasePayload):
    """Answer of startCase."""


@strawberry.type(description="A case handed to the level above.")
class EscalateCasePayload(_CasePayload):
    """Answer of escalateCase."""


@strawberry.type(description="A case concluded.")
class ResolveCasePayload(_CasePayload):
    """Answer of resolveCase."""


@strawberry.type(description="A result given to the reporter.")
class GiveFeedbackPayload(_CasePayload):
    """Answer of giveFeedback."""


@strawberry.type(description="A case rated.")
class RateCasePayload(_CasePayload):
    """Answer of rateCase."""


@strawberry.type(description="A case reopened.")
class ReopenCasePayload(_CasePayload):
    """Answer of reopenCase."""


@strawberry.type(description="A report taken back.")
class WithdrawCasePayload(_CasePayload):
    """Answer of withdrawCase."""


@strawberry.type(description="A case struck off.")
class ArchiveCasePayload(_CasePayload):
    """Answer of archiveCase."""


@strawberry.type(description="Tasks given to departments.")
class AssignTasksPayload(_CasePayload):
    """Answer of assignTasks."""


@strawberry.type(description="A department's share done.")
class CompleteTaskPayload(_CasePayload):
    """Answer of completeTask."""


@strawberry.type(description="A task taken back.")
class CancelTaskPayload(_CasePayload):
    """Answer of cancelTask."""


@strawberry.type(description="An allegation answered.")
class AnswerAllegationPayload(_CasePayload):
    """Answer of answerAllegation."""


@strawberry.type(description="A case scored.")
class ScoreCasePayload(_CasePayload):
    """Answer of scoreCase."""


@strawberry.type(description="A return visit written down.")
class RecordReturnVisitPayload(_CasePayload):
    """Answer of recordReturnVisit."""


@strawberry.type(description="Two cases linked.")
class LinkCasesPayload(_CasePayload):
    """Answer of linkCases."""


@strawberry.type(description="A case taken out of its bundle.")
class UnlinkCasesPayload(_CasePayload):
    """Answer of unlinkCases."""


@strawberry.type(description="A report merged into another case.")
class MergeCasePayload(_CasePayload):
    """Answer of mergeCase."""


@strawberry.type(description="A refusal appealed against.")
class AppealCasePayload(_CasePayload):
    """Answer of appealCase."""


@strawberry.type(description="A case classified anew.")
class ReclassifyCasePayload(_CasePayload):
    """Answer of reclassifyCase."""


@strawberry.type(description="A case sent one level down.")
class SendBackCasePayload(_CasePayload):
    """Answer of sendBackCase."""


@strawberry.type(description="A result passed on.")
class RelayFeedbackPayload(_CasePayload):
    """Answer of relayFeedback."""


@strawberry.type(description="A case looked after.")
class TrackCasePayload(_CasePayload):
    """Answer of trackCase."""


@strawberry.type(description="A case urged on.")
class UrgeCasePayload(_CasePayload):
    """Answer of urgeCase."""


@strawberry.type(description="An urge answered.")
class AnswerUrgePayload(_CasePayload):
    """Answer of answerUrge."""


@strawberry.type(description="An urge found not needed.")
class WaiveUrgePayload(_CasePayload):
    """Answer of waiveUrge."""


@strawberry.type(description="Progress told.")
class ProgressCasePayload(_CasePayload):
    """Answer of progressCase."""


@strawberry.type(description="A matter explained.")
class ExplainCasePayload(_CasePayload):
    """Answer of explainCase."""
