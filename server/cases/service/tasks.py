"""Joint handling (T9, HS-06): one task for each department; the case is concluded when all are done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from server.cases import rules
from server.cases.models import Case
from server.cases.outcomes import TaskStatus
from server.cases.parts import CaseTask
from server.cases.service.access import authorize_dispatch
from server.cases.service.changes import attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.texts import optional_text, required_text
from server.cases.states import Action
from server.errors import Conflict, NotFound
from server.organizations.models import Organization
from tenants.authz import authorize
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def assign_tasks(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    organization_ids: Sequence[UUID],
    text: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Ask departments for their share of a case; whoever may dispatch it, and any organization of the city.

    From then on the departments see the case, wherever in the tree they are. Errors: NotFound for the case or an
    organization, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_TASK_LIMIT, Conflict CASE_TASK_EXISTS, TEXT_*.
    """
    asked = required_text(text, field="text")
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_dispatch(actor, case.row, case.custody, case.template, policy)
    rules.check_version(case.facts, expected_version)
    organizations = await _organizations(session, organization_ids, actor=actor)
    await _refuse_second_task(session, case.row, organizations)
    tasks = {uuid7(): organization for organization in organizations}
    attempt = attempt_of(actor, note=asked, task_ids=frozenset(tasks))
    session.add_all(
        _task(case.row, organization, task_id, asked=asked, at=attempt.now, actor=actor)
        for task_id, organization in tasks.items()
    )
    return await change_case(
        session,
        case,
        Action.ASSIGN_TASKS,
        attempt=attempt,
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def complete_task(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    task_id: UUID,
    result: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Say what a department did: somebody who may conclude cases there.

    Errors: NotFound for the case or the task, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_TASK_CLOSED,
    RESULT_REQUIRED.
    """
    note = optional_text(result, field="result")
    case = await open_case(session, case_id, policy=policy, actor=actor)
    task = await _task_of(session, case.row, task_id)
    authorize(actor, Permission.CASE_RESOLVE, path=task.path)
    attempt = attempt_of(actor, note=note or "", task_ids=frozenset({task.id}))
    rules.check_version(case.facts, expected_version)
    rules.check(Action.COMPLETE_TASK, case.facts, template=case.template, attempt=attempt)
    task.status, task.result = TaskStatus.DONE, note
    task.closed_by_id, task.closed_at = actor.member_id, attempt.now
    return await change_case(
        session,
        case,
        Action.COMPLETE_TASK,
        attempt=attempt,
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def cancel_task(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    task_id: UUID,
    reason: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Take a task back, which ends what the department sees of the case by it; whoever may dispatch the case.

    Errors as above, REASON_REQUIRED.
    """
    note = optional_text(reason, field="reason")
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_dispatch(actor, case.row, case.custody, case.template, policy)
    task = await _task_of(session, case.row, task_id)
    attempt = attempt_of(actor, note=note or "", task_ids=frozenset({task.id}))
    rules.check_version(case.facts, expected_version)
    rules.check(Action.CANCEL_TASK, case.facts, template=case.template, attempt=attempt)
    task.status, task.shares, task.result = TaskStatus.CANCELED, False, note
    task.closed_by_id, task.closed_at = actor.member_id, attempt.now
    return await change_case(
        session,
        case,
        Action.CANCEL_TASK,
        attempt=attempt,
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


def _task(row: Case, organization: Organization, id_: UUID, *, asked: str, at: datetime, actor: Actor) -> CaseTask:
    return CaseTask(
        tenant_id=row.tenant_id,
        id=id_,
        case_id=row.id,
        organization_id=organization.id,
        path=organization.path,
        asked=asked,
        status=TaskStatus.OPEN,
        shares=True,
        assigned_by_id=actor.member_id,
        assigned_at=at,
    )


async def _task_of(session: WriteSession, row: Case, task_id: UUID) -> CaseTask:
    task = await session.scalar(
        select(CaseTask).where(
            CaseTask.tenant_id == row.tenant_id,
            CaseTask.id == task_id,
            CaseTask.case_id == row.id,
        ),
    )
    if task is None:
        raise NotFound("No such task.", field=("taskId",))
    return task


async def _organizations(session: WriteSession, ids: Sequence[UUID], *, actor: Actor) -> list[Organization]:
    """The organizations named, each once. Raises NotFound when one is not of the city, or not for the actor."""
    wanted = set(ids)
    rows = await session.scalars(
        select(Organization)
        .where(Organization.tenant_id == actor.tenant_id, Organization.id.in_(wanted))
        .order_by(Organization.path),
    )
    found = list(rows)
    if len(found) < len(wanted) or not actor.may(Permission.ORGANIZATION_READ):
        raise NotFound("No such organization.", field=("organizationIds",))
    return found


async def _refuse_second_task(session: WriteSession, row: Case, organizations: Sequence[Organization]) -> None:
    busy = await session.scalar(
        select(CaseTask.id)
        .where(
            CaseTask.tenant_id == row.tenant_id,
            CaseTask.case_id == row.id,
            CaseTask.status == TaskStatus.OPEN,
            CaseTask.organization_id.in_([organization.id for organization in organizations]),
        )
        .limit(1),
    )
    if busy is not None:
        raise Conflict(
            "One of these organizations has an open task of this case already.",
            code="CASE_TASK_EXISTS",
            field=("organizationIds",),
        )
