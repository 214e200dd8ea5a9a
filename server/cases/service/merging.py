"""Two reports of one matter become one case, and both reporters stay informed (T4)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import exists, select

from server.cases.models import Case
from server.cases.service.access import authorize_custody, locked_case
from server.cases.service.changes import OpenCase, attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.texts import optional_text
from server.cases.states import Action, CaseStatus, Survivor
from server.errors import NotFound, RuleViolation
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def merge_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    into_case_id: UUID,
    reason: str | None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Merge a fresh report into another open case of the same place and category that the actor sees.

    Its reporter sees the other case from then on, and what happens to it. Errors: NotFound for either case, NotPermitted,
    VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_NOT_ALIKE, CASE_NOT_OPEN, CASE_HAS_MERGED.
    """
    note = optional_text(reason, field="reason") or ""
    other = await _lock_both(session, case_id, into_case_id, actor=actor)
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_custody(actor, Permission.CASE_MERGE, case.custody)
    survivor = Survivor(
        case_id=other.id,
        status=CaseStatus(other.status),
        category=other.category,
        same_place=other.grid_id == case.row.grid_id,
    )
    return await change_case(
        session,
        case,
        Action.MERGE,
        attempt=attempt_of(actor, note=note, into=survivor, absorbed=await has_merged(session, case)),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def _lock_both(session: WriteSession, case_id: UUID, into_case_id: UUID, *, actor: Actor) -> Case:
    """Lock two cases in the order of their ids, so that two who merge them into each other do not wait for ever.

    The second of them; raises NotFound for either that does not exist for the actor.
    """
    if case_id == into_case_id:
        raise RuleViolation("A case is not merged into itself.", code="CASE_NOT_ALIKE", field=("intoCaseId",))
    rows = {id_: await locked_case(session, id_, actor=actor) for id_ in sorted((case_id, into_case_id))}
    if rows[case_id] is None:
        raise NotFound("No such case.", field=("caseId",))
    other = rows[into_case_id]
    if other is None:
        raise NotFound("No such case.", field=("intoCaseId",))
    return other


async def has_merged(session: WriteSession, case: OpenCase) -> bool:
    """Whether other cases were merged into this one."""
    merged = exists().where(Case.tenant_id == case.row.tenant_id, Case.merged_into_id == case.row.id)
    return bool(await session.scalar(select(merged)))
