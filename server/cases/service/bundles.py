"""Cases that are mediated together: a bundle, whose members stay cases of their own (一揽子调处, HH-15)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from server.cases import rules
from server.cases.models import Case
from server.cases.outcomes import MOST_LINKED
from server.cases.service.access import authorize_custody
from server.cases.service.changes import OpenCase, attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.states import Action
from server.errors import NotFound, RuleViolation
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def link_cases(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    other_case_id: UUID,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Put another case, which the actor sees, into one bundle with a case the actor may classify.

    Errors: NotFound for either, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_LINKED_ALREADY,
    CASE_LINKED_ELSEWHERE, CASE_BUNDLE_FULL.
    """
    case, other = await _open_both(session, case_id, other_case_id, policy=policy, actor=actor)
    authorize_custody(actor, Permission.CASE_TRIAGE, case.custody)
    rules.check_version(case.facts, expected_version)
    bundle_id = case.facts.bundle_id or other.facts.bundle_id or uuid7()
    await _refuse_full(session, bundle_id, (case, other))
    attempt = attempt_of(actor, bundle_id=bundle_id)
    rules.check(Action.LINK, case.facts, template=case.template, attempt=attempt)
    rules.check(Action.LINK, other.facts, template=other.template, attempt=attempt)
    for each, version in ((case, expected_version), (other, None)):
        await change_case(
            session,
            each,
            Action.LINK,
            attempt=attempt,
            expected_version=version,
            policy=policy,
            actor=actor,
        )
    return case.row.id


async def unlink_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Take a case out of its bundle; the others stay together.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_NOT_LINKED.
    """
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_custody(actor, Permission.CASE_TRIAGE, case.custody)
    return await change_case(
        session,
        case,
        Action.UNLINK,
        attempt=attempt_of(actor),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def _open_both(
    session: WriteSession,
    case_id: UUID,
    other_id: UUID,
    *,
    policy: CasePolicy,
    actor: Actor,
) -> tuple[OpenCase, OpenCase]:
    """Lock two cases, always in the same order, so that two who link them crosswise do not wait for each other."""
    if case_id == other_id:
        raise RuleViolation("A case is not linked with itself.", code="CASE_LINKED_ALREADY", field=("otherCaseId",))
    found: dict[UUID, OpenCase] = {}
    for id_ in sorted((case_id, other_id)):
        try:
            found[id_] = await open_case(session, id_, policy=policy, actor=actor)
        except NotFound as error:
            raise NotFound("No such case.", field=("caseId" if id_ == case_id else "otherCaseId",)) from error
    return found[case_id], found[other_id]


async def _refuse_full(session: WriteSession, bundle_id: UUID, pair: tuple[OpenCase, OpenCase]) -> None:
    joining = sum(each.facts.bundle_id is None for each in pair)
    if not joining and pair[0].facts.bundle_id == pair[1].facts.bundle_id:
        raise RuleViolation("These cases are linked already.", code="CASE_LINKED_ALREADY", field=("otherCaseId",))
    members = select(func.count()).where(Case.tenant_id == pair[0].row.tenant_id, Case.bundle_id == bundle_id)
    if (await session.scalar(members) or 0) + joining > MOST_LINKED:
        raise RuleViolation(
            "At most {most} cases are linked together.",
            code="CASE_BUNDLE_FULL",
            field=("otherCaseId",),
            most=MOST_LINKED,
        )
