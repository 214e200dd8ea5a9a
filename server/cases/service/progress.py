"""What the reporter is told while the work goes on: progress, and why hard matters take long (T14, T15, T18, AQ-03)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.cases.service.access import authorize_held
from server.cases.service.changes import attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.texts import optional_text, required_text
from server.cases.states import Action, Handling
from server.errors import RuleViolation
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession

MOST_PARTIES = 100


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """A look on the spot. at: aware, not in the future. findings: what was seen."""

    at: datetime
    findings: str


async def progress_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    text: str,
    handling: Handling | None,
    parties_consented: int | None,
    field_check: FieldCheck | None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Tell the reporter how the work goes: whoever holds the case, or acts at the level that has it.

    handling: what the work consists of from now on, None for no change. Errors: NotFound, NotPermitted, VERSION_CONFLICT,
    CASE_WRONG_STATUS, CASE_NOT_CLAIMANT, CASE_NOT_HANDLER, TEXT_*, CASE_CONSENT_REQUIRED, CASE_CHECK_IN_FUTURE,
    CASE_PARTIES_INVALID.
    """
    note = optional_text(text, field="text") or ""
    findings = required_text(field_check.findings, field="findings") if field_check else None
    if parties_consented is not None and not 0 <= parties_consented <= MOST_PARTIES:
        raise RuleViolation(
            "Between 0 and {most} parties consent.",
            code="CASE_PARTIES_INVALID",
            field=("partiesConsented",),
            most=MOST_PARTIES,
        )
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_held(actor, Permission.CASE_PROGRESS, case.row, case.custody)
    checked_at = field_check.at if field_check else None
    return await change_case(
        session,
        case,
        Action.PROGRESS,
        attempt=attempt_of(
            actor,
            note=note,
            handling=handling,
            parties_consented=parties_consented or 0,
            checked_at=checked_at,
        ),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        remarks={"parties_consented": parties_consented, "checked_at": checked_at, "findings": findings},
    )


async def explain_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    text: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Explain to the reporter of a complex or major matter why it takes its time; owed at the template's interval.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_NOT_COMPLEX, CASE_NOT_CLAIMANT,
    CASE_NOT_HANDLER, TEXT_*.
    """
    note = optional_text(text, field="text") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_held(actor, Permission.CASE_PROGRESS, case.row, case.custody)
    return await change_case(
        session,
        case,
        Action.EXPLAIN,
        attempt=attempt_of(actor, note=note),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )
