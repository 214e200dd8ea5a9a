"""How a case ends: resolved, fed back, rated, reopened, archived under a number of its own (T19-T22, T25)."""

from __future__ import annotations

from uuid import UUID

from server.cases import rules
from server.cases.service.access import authorize_custody, authorize_feedback, authorize_held
from server.cases.service.allegations import ask_again
from server.cases.service.changes import OpenCase, attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.reporting import numbered
from server.cases.service.texts import optional_text
from server.cases.states import Action, Attempt, Rating
from server.events.record import next_number
from tenants.authz import authorize
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def resolve_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    result: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Conclude a case, saying what was done; whoever holds it, or the level it was handed to (T19).

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_NOT_CLAIMANT, CASE_NOT_HANDLER,
    RESULT_REQUIRED.
    """
    note = optional_text(result, field="result") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_held(actor, Permission.CASE_RESOLVE, case.row, case.custody)
    return await change_case(
        session,
        case,
        Action.RESOLVE,
        attempt=attempt_of(actor, note=note),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        columns={"result": note},
    )


async def give_feedback(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    feedback: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Tell the reporter the result: whoever held the case, or anybody with that duty at its place (T20).

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, FEEDBACK_REQUIRED.
    """
    note = optional_text(feedback, field="feedback") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_feedback(actor, case.row)
    return await change_case(
        session,
        case,
        Action.GIVE_FEEDBACK,
        attempt=attempt_of(actor, note=note),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def rate_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    rating: Rating,
    comment: str | None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """The reporter's verdict, once for each result (T21).

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_ALREADY_RATED, CASE_WRONG_STATUS, CASE_RATING_CLOSED,
    CASE_NOT_REPORTER, CASE_OWN_SERVICE, CASE_RATING_NOT_ON_SCALE.
    """
    note = optional_text(comment, field="comment")
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize(actor, Permission.CASE_RATE)
    return await change_case(
        session,
        case,
        Action.RATE,
        attempt=attempt_of(actor, note=note or "", rating=rating),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        columns={"rating_comment": note},
    )


async def reopen_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    reason: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Ask for more work on a result: the reporter, or a supervisor who did not handle it, after a return visit that found
    it not solved (T22). A new deadline starts, and every allegation waits for an answer again.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_REOPEN_LIMIT, CASE_NOT_REPORTER,
    CASE_NOT_VISITED, REASON_REQUIRED.
    """
    note = optional_text(reason, field="reason") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize(actor, Permission.CASE_REOPEN)
    supervises = actor.reach(Permission.CASE_REOPEN).covers(path=case.custody.path, grid_id=case.custody.grid_id)
    if case.facts.allegations:
        await ask_again(session, case.row)
    return await change_case(
        session,
        case,
        Action.REOPEN,
        attempt=attempt_of(actor, note=note, supervises=supervises),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        columns={"rating_comment": None, "score_remark": None, "visit_text": None},
    )


async def archive_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Strike a concluded case off the list, under a number that is never used again (T25, JM-10).

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_STEPS_MISSING, CASE_WRONG_STATUS.
    """
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_custody(actor, Permission.CASE_ARCHIVE, case.custody)
    return await strike_off(
        session, case, attempt_of(actor), expected_version=expected_version, policy=policy, actor=actor
    )


async def strike_off(
    session: WriteSession,
    case: OpenCase,
    attempt: Attempt,
    *,
    expected_version: int | None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Archive a case whose archiver was authorized. expected_version: None for the worker."""
    if expected_version is not None:
        rules.check_version(case.facts, expected_version)
    rules.check(Action.ARCHIVE, case.facts, template=case.template, attempt=attempt)
    number = await next_number(session, actor.tenant_id, "strike_off")
    return await change_case(
        session,
        case,
        Action.ARCHIVE,
        attempt=attempt,
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        columns={"strike_off_number": numbered(policy, "X", attempt.now, number)},
    )
