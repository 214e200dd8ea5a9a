"""Somebody above watches a case: tracks it, urges it on and gets an answer, or says that no urge is needed (T16, A-23)."""

from __future__ import annotations

from uuid import UUID

from server.cases.service.access import authorize_custody, authorize_held
from server.cases.service.changes import attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.texts import optional_text
from server.cases.states import Action
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def track_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    text: str | None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Look after a case and, perhaps, say what was seen; as often as there is reason to.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_OWN_SERVICE.
    """
    return await _supervise(
        session, Action.TRACK, case_id, expected_version, text, field="text", policy=policy, actor=actor
    )


async def urge_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    text: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Urge whoever has a tracked case; one urge at a time waits for its answer.

    Errors: as above, CASE_NOT_TRACKED, CASE_URGE_OPEN, TEXT_REQUIRED.
    """
    return await _supervise(
        session, Action.URGE, case_id, expected_version, text, field="text", policy=policy, actor=actor
    )


async def waive_urge(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    reason: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Say that a case needs no urge, which counts as that step (A-23).

    Errors: as above, CASE_NOT_TRACKED, CASE_ALREADY_URGED, REASON_REQUIRED.
    """
    return await _supervise(
        session, Action.WAIVE_URGE, case_id, expected_version, reason, field="reason", policy=policy, actor=actor
    )


async def answer_urge(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    text: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Answer the urge: whoever holds the case, or acts at the level that has it.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_NOT_URGED, CASE_NOT_CLAIMANT,
    CASE_NOT_HANDLER, CASE_OWN_SERVICE, TEXT_REQUIRED.
    """
    note = optional_text(text, field="text") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_held(actor, Permission.CASE_PROGRESS, case.row, case.custody)
    return await change_case(
        session,
        case,
        Action.ANSWER_URGE,
        attempt=attempt_of(actor, note=note),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def _supervise(
    session: WriteSession,
    action: Action,
    case_id: UUID,
    expected_version: int,
    words: str | None,
    *,
    field: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    note = optional_text(words, field=field) or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_custody(actor, Permission.CASE_SUPERVISE, case.custody)
    return await change_case(
        session,
        case,
        action,
        attempt=attempt_of(actor, note=note),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )
