"""The way back down: a case sent back to where it came from, a result passed on level by level (T13, JM-23)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from server.cases import rules
from server.cases.service.changes import OpenCase, attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.texts import optional_text
from server.cases.states import Action, Hop
from server.organizations.models import Organization
from tenants.authz import authorize
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def send_back_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    reason: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Send a case one level down, to the organization it climbed from; the level that has it decides.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_NOT_CLIMBED, REASON_REQUIRED.
    """
    note = optional_text(reason, field="reason") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize(actor, Permission.CASE_SEND_BACK, path=case.row.custody_path)
    below = await _organization(session, case, case.facts.climbed[-1]) if case.facts.climbed else None
    return await change_case(
        session,
        case,
        Action.SEND_BACK,
        attempt=attempt_of(actor, note=note),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        above=below,
    )


async def relay_feedback(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    feedback: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Pass the result on down, for the organization that handed the case up last and has not passed it on yet.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_NOTHING_TO_RELAY, FEEDBACK_REQUIRED.
    """
    note = optional_text(feedback, field="feedback") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    hop = rules.relaying(case.facts, case.template)
    if hop is None:
        authorize(actor, Permission.CASE_FEEDBACK, path=case.row.path, grid_id=case.row.grid_id)
    else:
        first = hop.organization_id == case.log[0].organization_id
        organization = await _organization(session, case, hop)
        authorize(
            actor,
            Permission.CASE_FEEDBACK,
            path=organization.path,
            grid_id=case.row.grid_id if first else None,
        )
    return await change_case(
        session,
        case,
        Action.RELAY_FEEDBACK,
        attempt=attempt_of(actor, note=note),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def _organization(session: WriteSession, case: OpenCase, hop: Hop) -> Organization:
    found = await session.scalars(
        select(Organization).where(
            Organization.tenant_id == case.row.tenant_id,
            Organization.id == hop.organization_id,
        ),
    )
    return found.one()
