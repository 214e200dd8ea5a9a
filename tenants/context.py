"""Who acts: the actor of a request, a job or the command line, with what its roles reach in one city.

An actor is built once per credential and a second (``tenants.actors``), then only read. ``reach`` answers
"where may this actor do that": it is what visibility predicates and ``tenants.authz.authorize`` are made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tenants.permissions import Permission


class ActorKind(StrEnum):
    """Where the authority of an actor comes from."""

    ANONYMOUS = "ANONYMOUS"
    APPLICATION = "APPLICATION"
    CHANNEL = "CHANNEL"
    OPERATOR = "OPERATOR"
    USER = "USER"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one permission holds.

    tenant: everywhere in the city. paths: organization subtrees. grids: single grids. own: things of the actor itself.
    """

    tenant: bool = False
    paths: tuple[str, ...] = ()
    grids: tuple[UUID, ...] = ()
    own: bool = False

    def covers(self, *, path: str | None = None, grid_id: UUID | None = None) -> bool:
        """Whether a place (organization path, grid) lies within the reach; ``own`` is not a place."""
        if self.tenant:
            return True
        if path is not None and any(path.startswith(prefix) for prefix in self.paths):
            return True
        return grid_id is not None and grid_id in self.grids


NOWHERE = Reach()


@dataclass(frozen=True, slots=True)
class Grant:
    """One appointment in force: a role, where it holds and until when (None: no end is set).

    substitute: held for somebody else, so without what is ``NOT_FOR_SUBSTITUTES``.
    """

    role: str
    scope: str
    path: str | None = None
    grid_id: UUID | None = None
    ends_at: datetime | None = None
    substitute: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """The operator of a use case, never its subject.

    tenant_id is the only city the actor can touch. account_id is None for jobs, and of an application its own id; member_id
    and resident_id say which person of the city stands behind the account, if any. tracks: the one case whose tracking code the actor holds.
    must_enroll: a role of the account asks for an authenticator, and until it has one the actor has no role at all.
    """

    tenant_id: UUID
    kind: ActorKind = ActorKind.USER
    account_id: UUID | None = None
    session_id: UUID | None = None
    member_id: UUID | None = None
    resident_id: UUID | None = None
    username: str | None = None
    grants: tuple[Grant, ...] = ()
    access: Mapping[Permission, Reach] = field(default_factory=dict)
    policy_version: int = 0
    request_id: str = "-"
    signature: tuple[object, ...] = ()
    tracks: UUID | None = None
    must_enroll: bool = False

    def reach(self, permission: Permission) -> Reach:
        """Where the permission holds for this actor; nowhere when no role gives it."""
        return self.access.get(permission, NOWHERE)

    def may(self, permission: Permission) -> bool:
        """Whether any role of the actor gives the permission, anywhere."""
        return permission in self.access

    @property
    def roles(self) -> tuple[str, ...]:
        """The slugs of the roles in force, sorted, each once."""
        return tuple(sorted({grant.role for grant in self.grants}))

    def with_request(self, request_id: str) -> Actor:
        """The same actor within another request."""
        return replace(self, request_id=request_id)


def signature_of(access: Mapping[Permission, Reach]) -> tuple[object, ...]:
    """What a compiled read depends on: which permissions hold and in what kinds of place, not in which."""
    return tuple(
        (permission.value, reach.tenant, len(reach.paths), bool(reach.grids), reach.own)
        for permission, reach in sorted(access.items())
    )


def system_actor(tenant_id: UUID, *, name: str, request_id: str = "-") -> Actor:
    """The platform itself at work in one city (a worker job, the loader); ``name`` says which part, for the audit."""
    everywhere = Reach(tenant=True)
    access = dict.fromkeys(Permission, everywhere)
    return Actor(
        tenant_id=tenant_id,
        kind=ActorKind.SYSTEM,
        username=name,
        access=access,
        request_id=request_id,
        signature=("system",),
    )


def anonymous_actor(
    tenant_id: UUID,
    *permissions: Permission,
    tracks: UUID | None = None,
    request_id: str = "-",
) -> Actor:
    """Nobody known: no role, and no reach but what is named. tracks: as of ``Actor``."""
    return Actor(
        tenant_id=tenant_id,
        kind=ActorKind.ANONYMOUS,
        access=dict.fromkeys(permissions, Reach(tenant=tracks is None, own=True)),
        request_id=request_id,
        signature=("anonymous", tracks is not None, *permissions),
        tracks=tracks,
    )


def channel_actor(tenant_id: UUID, *, name: str, request_id: str = "-") -> Actor:
    """A program outside that may hand reports in for a city, and nothing else; ``name`` of its channel, for the audit."""
    return Actor(
        tenant_id=tenant_id,
        kind=ActorKind.CHANNEL,
        username=name,
        access={Permission.CASE_REPORT: Reach(tenant=True)},
        request_id=request_id,
        signature=("channel",),
    )
