"""Who may touch a case: whoever sees it, and whose permission reaches the people that hold it.

Being late moves a case up but takes it from nobody: whoever had it may go on, and the level above may step in. Asking
for help hands it over: from then on only the level above acts (T12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, true

from server.cases import rules
from server.cases.events import last_of
from server.cases.models import Case
from server.cases.replay import CaseEventFacts
from server.cases.service.policy import CasePolicy
from server.cases.states import Action, CaseTemplate, EventKind, Track
from server.cases.visibility import cases
from server.errors import NotPermitted
from server.organizations.models import Organization
from tenants.authz import authorize
from tenants.context import Actor, ActorKind, Grant
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Custody:
    """The lowest place that acts on a case.

    path: of the organization it was reported to, or handed over to. grid_id: its grid, until it was handed over.
    queue_path: of the department in whose queue it waits, until then likewise: that acts on it beside the place.
    """

    path: str
    grid_id: UUID | None
    queue_path: str | None = None


async def custody_of(session: WriteSession, row: Case, log: Sequence[CaseEventFacts]) -> Custody:
    """The custody a log, oldest first, leads to."""
    handed = last_of(log, EventKind.ESCALATED, EventKind.SENT_BACK) or log[0]
    first = handed.organization_id == log[0].organization_id
    grid_id, queue_path = (row.grid_id, row.queue_path) if first else (None, None)
    if handed.organization_id in {None, row.organization_id}:
        return Custody(row.custody_path, grid_id, queue_path)
    path = await session.scalar(
        select(Organization.path).where(
            Organization.tenant_id == row.tenant_id,
            Organization.id == handed.organization_id,
        ),
    )
    return Custody(path or row.custody_path, grid_id, queue_path)


async def locked_case(session: WriteSession, case_id: UUID, *, actor: Actor) -> Case | None:
    """A case locked for a change, if it exists for the actor: by the very condition of reads, or by its tracking code."""
    viewer = Viewer(actor)
    row = Case.__table__
    seen = true() if actor.tracks == case_id else cases(row, viewer)
    found = select(Case).where(row.c.tenant_id == viewer.tenant, row.c.id == case_id, seen).with_for_update(of=row)
    return await session.scalar(found, viewer.values())


def holds(actor: Actor, row: Case) -> bool:
    """Whether the case is in the actor's own hands: claimed, or dispatched to them by name."""
    return actor.member_id is not None and actor.member_id == row.handler_id


def authorize_custody(actor: Actor, permission: Permission, custody: Custody) -> None:
    """Raise NotPermitted unless the permission reaches whoever has the case, or the department it waits for."""
    if custody.queue_path is None or not actor.reach(permission).covers(path=custody.queue_path):
        authorize(actor, permission, path=custody.path, grid_id=custody.grid_id)


def authorize_held(actor: Actor, permission: Permission, row: Case, custody: Custody) -> None:
    """The same, except that the holder needs the permission only, wherever it is given."""
    if holds(actor, row):
        authorize(actor, permission)
    else:
        authorize_custody(actor, permission, custody)


def authorize_feedback(actor: Actor, row: Case) -> None:
    """Raise NotPermitted unless the actor may tell the reporter something: as its holder, or at its place."""
    if holds(actor, row):
        authorize(actor, Permission.CASE_FEEDBACK)
    else:
        authorize(actor, Permission.CASE_FEEDBACK, path=row.path, grid_id=row.grid_id)


def authorize_dispatch(
    actor: Actor,
    row: Case,
    custody: Custody,
    template: CaseTemplate,
    policy: CasePolicy,
) -> None:
    """Raise NotPermitted unless a role named as dispatcher (DY-08) reaches whoever has the case.

    Named by the template the case began with, or for its track by now.
    """
    authorize_custody(actor, Permission.CASE_DISPATCH, custody)
    named = template.dispatcher_roles | policy.dispatchers.get(Track(row.track), frozenset())
    if actor.kind is ActorKind.SYSTEM or any(
        grant.role in named and (_covers(grant, custody.path, custody.grid_id) or _covers(grant, custody.queue_path))
        for grant in actor.grants
    ):
        return
    raise NotPermitted("Cases of this track are dispatched by: {roles}.", roles=", ".join(sorted(named)))


def acting_role(actor: Actor, action: Action, row: Case, policy: CasePolicy) -> str:
    """The role in which the actor does it, for the case's history.

    "system" for the platform's own work, "channel" for a channel, "anonymous" for whoever has nothing but a tracking code.
    """
    if actor.kind is not ActorKind.USER:
        return actor.kind.value.lower()
    permission = rules.TRANSITIONS[action].permission
    able = [grant for grant in actor.grants if permission in policy.roles.get(grant.role, frozenset())]
    there = [grant for grant in able if _covers(grant, row.path, row.grid_id)]
    return next((grant.role for grant in (*there, *able)), "none")


def _covers(grant: Grant, path: str | None, grid_id: UUID | None = None) -> bool:
    if grant.scope == "ORGANIZATION":
        return grant.path is not None and path is not None and path.startswith(grant.path)
    if grant.scope == "GRID":
        return grid_id is not None and grant.grid_id == grid_id
    return grant.scope == "TENANT"
