"""What becomes of a report before anybody works on it: accepted, rejected, classified, withdrawn (T2, T3, T5, T6).

A class can be changed later, with a reason, and a rejection be appealed against.
"""

from __future__ import annotations

from uuid import UUID

from server.cases.service.access import authorize_custody
from server.cases.service.changes import OpenCase, attempt_of, change_case, open_case
from server.cases.service.merging import has_merged
from server.cases.service.policy import CasePolicy
from server.cases.service.routing import queue_after
from server.cases.service.texts import TURN_TO_LENGTH, optional_text
from server.cases.states import Action, Containment, Severity
from tenants.authz import authorize
from tenants.clock import now
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
    turn_to: str | None = None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Refuse a reported case, with a reason and where to turn instead. Errors as above, REASON_REQUIRED, TEXT_*."""
    note = optional_text(reason, field="reason") or ""
    elsewhere = optional_text(turn_to, field="turnTo", most=TURN_TO_LENGTH)
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
        columns={"turn_to": elsewhere},
    )


async def appeal_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    reason: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Ask for another look at one's own report that was refused, once; a new deadline starts.

    Errors: as above, CASE_ALREADY_APPEALED, CASE_NOT_REPORTER, REASON_REQUIRED.
    """
    note = optional_text(reason, field="reason") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize(actor, Permission.CASE_APPEAL)
    return await change_case(
        session,
        case,
        Action.APPEAL,
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
    """Classify an accepted case; the severity moves a deadline that was not missed yet (A-09, AQ-05).

    containment: None for the category's own. Errors as above, CATEGORY_NOT_LISTED.
    """
    note = optional_text(reason, field="reason") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_custody(actor, Permission.CASE_TRIAGE, case.custody)
    listed = policy.category(category)
    queue = await queue_after(session, case.row, listed, policy=policy, actor=actor)
    return await change_case(
        session,
        case,
        Action.TRIAGE,
        attempt=attempt_of(actor, note=note, category=listed.code, severity=severity, late=_late(case)),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        columns={"containment": containment or listed.containment, **queue},
    )


async def reclassify_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    category: str | None,
    severity: Severity | None,
    reason: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Change the class of a classified case, with a reason (A-09, AQ-05); None leaves what it has.

    The severity moves the deadline, but one that was missed stays, and the case late; the category moves it to another
    queue (HS-03). Errors: as above, CATEGORY_NOT_LISTED, CASE_CLASS_UNCHANGED, REASON_REQUIRED.
    """
    note = optional_text(reason, field="reason") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_custody(actor, Permission.CASE_TRIAGE, case.custody)
    listed = None if category is None else policy.category(category)
    columns = {}
    if listed is not None:
        queue = await queue_after(session, case.row, listed, policy=policy, actor=actor)
        columns = {"containment": listed.containment, **queue}
    return await change_case(
        session,
        case,
        Action.RECLASSIFY,
        attempt=attempt_of(
            actor,
            note=note,
            category=listed.code if listed else None,
            severity=severity,
            late=_late(case),
        ),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        columns=columns,
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
    """Take one's own report back while it is not resolved, and no other was merged into it.

    Errors as above, CASE_NOT_REPORTER, CASE_HAS_MERGED.
    """
    note = optional_text(reason, field="reason") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize(actor, Permission.CASE_WITHDRAW)
    return await change_case(
        session,
        case,
        Action.WITHDRAW,
        attempt=attempt_of(actor, note=note, absorbed=await has_merged(session, case)),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


def _late(case: OpenCase) -> bool:
    return case.row.due_at is not None and case.row.due_at <= now()
