"""A case looked at without being changed, and what of an action on it is decided by roles and places alone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from server.cases.models import Case
from server.cases.replay import replay
from server.cases.service.access import (
    authorize_custody,
    authorize_dispatch,
    authorize_feedback,
    authorize_held,
    custody_of,
    holds,
)
from server.cases.service.changes import OpenCase, read_log, template_for
from server.cases.service.policy import CasePolicy
from server.cases.visibility import cases
from tenants.authz import authorize
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.viewer import Viewer

_HELD = frozenset({Permission.CASE_ESCALATE, Permission.CASE_PROGRESS, Permission.CASE_RESOLVE})
# What the use cases ask of whoever has the case, which is no longer its place once it was handed over.
_IN_CUSTODY = frozenset(
    {
        Permission.CASE_ACCEPT,
        Permission.CASE_ARCHIVE,
        Permission.CASE_MERGE,
        Permission.CASE_REJECT,
        Permission.CASE_SUPERVISE,
        Permission.CASE_TRIAGE,
    },
)
# What whoever has the case in hand does wherever their right is given.
_IN_HAND = frozenset({Permission.CASE_READ, Permission.CASE_RELEASE, Permission.CASE_START})


async def find_case(session: WriteSession, case_id: UUID, *, policy: CasePolicy, actor: Actor) -> OpenCase | None:
    """A case as it stands, not locked; None when there is none or the actor may not see it."""
    viewer, seen = Viewer(actor), Case.__table__
    statement = select(Case).where(seen.c.tenant_id == viewer.tenant, seen.c.id == case_id, cases(seen, viewer))
    row = await session.scalar(statement, viewer.values())
    if row is None:
        return None
    log = await read_log(session, row.id, tenant_id=actor.tenant_id)
    return OpenCase(row, log, replay(log), template_for(log, policy), await custody_of(session, row, log))


async def sees_case(session: WriteSession, case_id: UUID, *, actor: Actor) -> bool:
    """Whether the case exists for the actor, by the condition of every read and every change."""
    viewer, row = Viewer(actor), Case.__table__
    statement = select(row.c.id).where(row.c.tenant_id == viewer.tenant, row.c.id == case_id, cases(row, viewer))
    return await session.scalar(statement, viewer.values()) is not None


def authorize_case(actor: Actor, permission: Permission, case: OpenCase, policy: CasePolicy) -> None:
    """Raise NotPermitted unless the actor's roles give the permission for this case, as the use cases ask for it.

    What its status allows, and who has to have claimed or reported it, is decided by the rules.
    """
    if permission in _HELD:
        authorize_held(actor, permission, case.row, case.custody)
    elif permission in _IN_CUSTODY:
        authorize_custody(actor, permission, case.custody)
    elif permission is Permission.CASE_DISPATCH:
        authorize_dispatch(actor, case.row, case.custody, case.template, policy)
    elif permission is Permission.CASE_FEEDBACK:
        authorize_feedback(actor, case.row)
    elif permission is Permission.CASE_SEND_BACK:
        authorize(actor, permission, path=case.row.custody_path)
    elif permission in _IN_HAND and holds(actor, case.row):
        authorize(actor, permission)
    else:
        authorize(actor, permission, path=case.row.path, grid_id=case.row.grid_id, own=_reported(actor, case.row))


def _reported(actor: Actor, row: Case) -> bool:
    return (actor.resident_id is not None and actor.resident_id == row.reporter_id) or (
        actor.account_id is not None and actor.account_id == row.reporter_account_id
    )
