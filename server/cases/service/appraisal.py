"""What others than the reporter say about a result: the supervisor's score (A-10) and the return visit (HS-06)."""

from __future__ import annotations

from uuid import UUID

from server.cases.outcomes import VisitEffect
from server.cases.service.changes import attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.texts import optional_text
from server.cases.states import Action
from tenants.authz import authorize
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def score_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    score: int,
    remark: str | None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Score the handling of a case at one's place, 1 to 5, once for each result; it never counts as a rating.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_ALREADY_SCORED, CASE_WRONG_STATUS, CASE_OWN_SERVICE,
    CASE_SCORE_NOT_ON_SCALE.
    """
    note = optional_text(remark, field="remark")
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize(actor, Permission.CASE_SCORE, path=case.row.path, grid_id=case.row.grid_id)
    return await change_case(
        session,
        case,
        Action.SCORE,
        attempt=attempt_of(actor, note=note or "", score=score),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        columns={"score_remark": note},
    )


async def record_return_visit(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    effect: VisitEffect,
    text: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Write down what a visit or call after the feedback found; a later visit replaces the earlier one in the case.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_OWN_SERVICE, RESULT_REQUIRED.
    """
    note = optional_text(text, field="text")
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize(actor, Permission.CASE_RETURN_VISIT, path=case.row.path, grid_id=case.row.grid_id)
    return await change_case(
        session,
        case,
        Action.VISIT,
        attempt=attempt_of(actor, note=note or "", visit_effect=effect),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        columns={"visit_text": note},
    )
