"""What a question of access is about: a thing the asker sees, where it is, and whose own it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.sql.selectable import FromClause

from server.access.service.subjects import Subject
from server.cases.service.asking import authorize_case, find_case
from server.cases.service.changes import OpenCase
from server.cases.service.policy import CasePolicy
from server.errors import NotFound, NotPermitted
from server.grids.models import Grid
from server.grids.visibility import grids
from server.members.models import Member
from server.members.visibility import members
from server.organizations.models import Organization
from server.organizations.visibility import organizations
from server.residents.models import Resident
from server.residents.visibility import residents
from tenants.authz import authorize
from tenants.context import Actor
from tenants.db import Base
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.viewer import Viewer

Visible = Callable[[FromClause, Viewer], ColumnElement[bool]]
_KINDS: dict[str, tuple[type[Base], Visible]] = {
    "grid": (Grid, grids),
    "member": (Member, members),
    "org": (Organization, organizations),
    "resident": (Resident, residents),
}


@dataclass(frozen=True, slots=True)
class Thing:
    """Where a thing is, as ``authorize`` takes it. own: the subject's own. case: for a case, which asks more than a place."""

    path: str | None = None
    grid_id: UUID | None = None
    own: bool = False
    case: OpenCase | None = None


ANYTHING = Thing()


async def thing_of(
    session: WriteSession,
    kind: str,
    id_: UUID,
    subject: Subject,
    *,
    policy: CasePolicy,
    actor: Actor,
) -> Thing:
    """The case, grid, member, organization or resident that the actor sees. Raises NotFound."""
    if kind == "case":
        case = await find_case(session, id_, policy=policy, actor=actor)
        if case is None:
            raise _unknown()
        return Thing(case=case)
    if kind not in _KINDS:
        raise _unknown()
    model, visible = _KINDS[kind]
    viewer, row = Viewer(actor), model.__table__
    statement = select(row).where(row.c.tenant_id == viewer.tenant, row.c.id == id_, visible(row, viewer))
    found = (await session.execute(statement, viewer.values())).mappings().one_or_none()
    if found is None:
        raise _unknown()
    return _thing(kind, {str(name): value for name, value in found.items()}, subject)


def may(subject: Actor, permission: Permission, thing: Thing, policy: CasePolicy) -> bool:
    """What the functions say that the use cases ask."""
    try:
        if thing.case is None:
            authorize(subject, permission, path=thing.path, grid_id=thing.grid_id, own=thing.own)
        else:
            authorize_case(subject, permission, thing.case, policy)
    except NotPermitted:
        return False
    return True


def _thing(kind: str, values: Mapping[str, Any], subject: Subject) -> Thing:
    path = values["path"]
    if kind == "grid":
        return Thing(path, values["id"])
    own_id = {"member": subject.member_id, "resident": subject.resident_id}.get(kind)
    own = own_id is not None and own_id == values["id"]
    return Thing(path, values["grid_id"] if kind == "resident" else None, own=own)


def _unknown() -> NotFound:
    return NotFound("No such thing.", field=("objectId",))
