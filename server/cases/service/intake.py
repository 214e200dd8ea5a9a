"""What becomes of a report before anybody works on it: accepted, rejected, classified, withdrawn (T2, T3, T5, T6)."""

from __future__ import annotations

from uuid import UUID

from server.cases.service.access import authorize_custody
from server.cases.service.changes import attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.texts import optional_text
from server.cases.states import Action, Containment, Severity
from tenants.authz import authorize
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def accept_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Take a reported case on. Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS."""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_custody(actor, Permission.CASE_ACCEPT, case.custody)
    return await change_case(
        session,
        case,
        Action.ACCEPT,
        attempt=attempt_of(actor),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def reject_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    reason: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Refuse a reported case, with a reason that says where to turn instead. Errors as above, REASON_REQUIRED."""
    note = optional_text(reason, field="reason") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_custody(actor, Permission.CASE_REJECT, case.custody)
    return await change_case(
        session,
        case,
        Action.REJECT,
        attempt=attempt_of(actor, note=note),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def triage_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    category: str,
    severity: Severity,
    containment: Containment | None,
    reason: str | None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Classify an accepted case; the severity moves the deadline (A-09, AQ-05).

    containment: None for the category's own. Errors as above, CATEGORY_NOT_LISTED.
    """
    note = optional_text(reason, field="reason") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_custody(actor, Permission.CASE_TRIAGE, case.custody)
    listed = policy.category(category)
    return await change_case(
        session,
        case,
        Action.TRIAGE,
        attempt=attempt_of(actor, note=note, category=listed.code, severity=severity),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        columns={"containment": containment or listed.containment},
    )


async def withdraw_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    reason: str | None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Take one's own report back while it is not resolved. Errors as above, CASE_NOT_REPORTER."""
    note = optional_text(reason, field="reason") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize(actor, Permission.CASE_WITHDRAW)
    return await change_case(
        session,
        case,
        Action.WITHDRAW,
        attempt=attempt_of(actor, note=note),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )
