"""Who works on a case: sent to the pool or to somebody by name, claimed by one, given back, begun (T7-T11)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from server.cases.guards.work import not_claimed
from server.cases.service.access import authorize_dispatch, holds
from server.cases.service.changes import attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.texts import optional_text
from server.cases.states import Action
from server.errors import NotFound
from server.grids.models import Grid
from server.members.models import Appointment, Member, Posting
from server.organizations.models import Organization
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def dispatch_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    handler_id: UUID | None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Send a case to the pool (handler_id None) or to a member by name, within the actor's subtree (T7, DY-08).

    Errors: NotFound for the case or the handler, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS,
    CASE_HANDLER_REQUIRED, CASE_POOL_ONLY.
    """
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_dispatch(actor, case.row, case.custody, case.template, policy)
    if handler_id is not None:
        today = now().astimezone(policy.calendar.time_zone).date()
        await _check_handler(session, handler_id, today, actor=actor)
    return await change_case(
        session,
        case,
        Action.DISPATCH,
        attempt=attempt_of(actor, handler_id=handler_id),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def claim_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Take a case from the pool, for a member who serves at its place or in the department it waits for (T8).

    Of many who try at once one wins; the others are told CASE_ALREADY_CLAIMED, whatever version they saw. Errors:
    NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_NOT_IN_POOL, CASE_NOT_MEMBER.
    """
    case = await open_case(session, case_id, policy=policy, actor=actor)
    if not actor.reach(Permission.CASE_CLAIM).covers(path=case.custody.queue_path):
        authorize(actor, Permission.CASE_CLAIM, path=case.row.path, grid_id=case.row.grid_id)
    attempt = attempt_of(actor)
    not_claimed(case.facts, case.template, attempt.now)
    return await change_case(
        session,
        case,
        Action.CLAIM,
        attempt=attempt,
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def release_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    reason: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Give a case back to the pool; a dispatcher takes it back from whoever holds it (T11).

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_NOT_CLAIMANT, CASE_NOT_HANDLER,
    CASE_NOT_CLAIMED, REASON_REQUIRED.
    """
    note = optional_text(reason, field="reason") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    takes_back = not holds(actor, case.row) and actor.may(Permission.CASE_DISPATCH)
    if takes_back:
        authorize_dispatch(actor, case.row, case.custody, case.template, policy)
    else:
        authorize(actor, Permission.CASE_RELEASE)
    return await change_case(
        session,
        case,
        Action.TAKE_BACK if takes_back else Action.RELEASE,
        attempt=attempt_of(actor, note=note),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def start_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Begin work on a case one claimed or was named for (T9, T10). Errors as above."""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize(actor, Permission.CASE_START)
    return await change_case(
        session,
        case,
        Action.START,
        attempt=attempt_of(actor),
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def _check_handler(session: WriteSession, handler_id: UUID, today: date, *, actor: Actor) -> None:
    """Raise NotFound unless the member is active and at home, posted or appointed where the actor dispatches."""
    tenant_id = actor.tenant_id
    home = await session.scalar(
        select(Member.path).where(
            Member.tenant_id == tenant_id,
            Member.id == handler_id,
            Member.status == "ACTIVE",
        ),
    )
    reach = actor.reach(Permission.CASE_DISPATCH)
    if home is not None and reach.covers(path=home):
        return
    if home is not None and any(
        reach.covers(path=path, grid_id=grid_id)
        for path, grid_id in await _places(session, handler_id, today, tenant_id=tenant_id)
    ):
        return
    raise NotFound("No such member.", field=("handlerId",))


async def _places(
    session: WriteSession,
    member_id: UUID,
    today: date,
    *,
    tenant_id: UUID,
) -> list[tuple[str, UUID | None]]:
    """Where a member serves today beside the home organization: (organization path, grid id or None)."""
    posted = (
        select(Organization.path)
        .join(Posting, and_(Posting.tenant_id == tenant_id, Posting.organization_id == Organization.id))
        .where(Organization.tenant_id == tenant_id, Posting.member_id == member_id, _in_force(Posting, today))
    )
    appointed = (
        select(Organization.path)
        .join(Appointment, and_(Appointment.tenant_id == tenant_id, Appointment.organization_id == Organization.id))
        .where(Organization.tenant_id == tenant_id, Appointment.member_id == member_id, _in_force(Appointment, today))
    )
    in_grid = (
        select(Grid.path, Grid.id)
        .join(Appointment, and_(Appointment.tenant_id == tenant_id, Appointment.grid_id == Grid.id))
        .where(Grid.tenant_id == tenant_id, Appointment.member_id == member_id, _in_force(Appointment, today))
    )
    paths = [*await session.scalars(posted), *await session.scalars(appointed)]
    return [(path, None) for path in paths] + [(path, grid_id) for path, grid_id in await session.execute(in_grid)]


def _in_force(term: type[Appointment | Posting], today: date) -> ColumnElement[bool]:
    return and_(
        term.starts_on <= today,
        or_(term.ends_on.is_(None), term.ends_on >= today),
        term.ended_at.is_(None),
    )
