"""What another role table would change, before anybody applies it: how many people, and what appears and vanishes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select

from server.access.rules import Powers, RoleChange, compare
from server.members.models import Appointment, Member
from tenants.authz import Permissions, authorize, decide
from tenants.context import Actor
from tenants.manifest.faults import Fault, ManifestInvalid, parse
from tenants.manifest.model import Manifest
from tenants.manifest.reader import read
from tenants.permissions import Permission
from tenants.sessions import WriteSession

# No subtree holds the empty path: only a right over the whole city covers it.
_WHOLE_CITY = ""


def read_roles(document: str, manifest: Manifest) -> Manifest:
    """The manifest in force with the section ``roles`` of a document (YAML or JSON) in the place of its own.

    Raises ManifestInvalid with every fault by its path: of the roles, and of what relies on them.
    """
    values, unreadable = read(document)
    if unreadable:
        raise ManifestInvalid(unreadable)
    if not isinstance(values, Mapping) or set(values) != {"roles"}:
        raise ManifestInvalid([Fault("/roles", "give the section 'roles' of a manifest, and nothing else")])
    return parse({**manifest.document(), "roles": values["roles"]})


def require_whole_city(actor: Actor) -> None:
    """Raise NotPermitted unless the actor may ask about access in the whole city: the counts are of all of it."""
    authorize(actor, Permission.ACCESS_EXPLAIN, path=_WHOLE_CITY)


async def preview_role_change(
    session: WriteSession,
    *,
    proposed: Manifest,
    manifest: Manifest,
    permissions: Permissions,
    now: datetime,
    actor: Actor,
) -> tuple[RoleChange, ...]:
    """The roles that the proposed manifest changes. permissions: in force. Reads only. Errors: NotPermitted.

    Counted are members who serve and hold the role by an appointment in force today; whoever has a right by another role
    too is counted all the same.
    """
    require_whole_city(actor)
    in_force = and_(
        Appointment.tenant_id == actor.tenant_id,
        Appointment.ended_at.is_(None),
        Appointment.starts_on <= now.astimezone(ZoneInfo(manifest.time_zone)).date(),
        or_(
            Appointment.ends_on.is_(None),
            Appointment.ends_on >= now.astimezone(ZoneInfo(manifest.time_zone)).date(),
        ),
        Member.status == "ACTIVE",
    )
    counted = func.count(Appointment.member_id.distinct())
    serving = and_(Member.tenant_id == actor.tenant_id, Member.id == Appointment.member_id)
    by_role = select(Appointment.role, counted).join(Member, serving).where(in_force).group_by(Appointment.role)
    people: dict[str, int] = {row[0]: row[1] for row in await session.execute(by_role)}
    by_scope = (
        select(Appointment.role, Appointment.scope, counted)
        .join(Member, serving)
        .where(in_force)
        .group_by(Appointment.role, Appointment.scope)
        .order_by(Appointment.role, Appointment.scope)
    )
    reaches: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for role, scope, count in await session.execute(by_scope):
        reaches[role][scope] = count
    held = {role: (count, reaches[role]) for role, count in people.items()}
    return compare(_powers(manifest, permissions), _powers(proposed, _decided(proposed, actor.tenant_id)), held)


def _decided(manifest: Manifest, tenant_id: UUID) -> Permissions:
    rules = []
    for role in manifest.roles:
        for permission in role.permissions:
            object_, action = permission.value.split(":")
            rules.append((role.slug, object_, action))
    return decide(str(tenant_id), rules)


def _powers(manifest: Manifest, permissions: Permissions) -> dict[str, Powers]:
    return {
        role.slug: Powers(role.scope.value, frozenset(right.value for right in permissions.get(role.slug, ())))
        for role in manifest.roles
    }
