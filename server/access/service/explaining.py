"""Why a person may do something at a place, or what is missing: asked of the very functions that decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from server.access.rules import Reason, Why
from server.access.service.objects import ANYTHING, Thing, may, thing_of
from server.access.service.subjects import Subject, subject_of
from server.accounts.actors import access_of_support, asks_for_authenticator, standing_grants
from server.cases.service.asking import sees_case
from server.cases.service.policy import CasePolicy, policy_of
from server.errors import Invalid
from server.members.rules import Lapse
from server.members.service.holding import Held, held_by, posted_roles
from tenants.authz import Permissions, access_of, authorize
from tenants.context import Actor, ActorKind, Grant
from tenants.manifest.model import Manifest
from tenants.permissions import HEALTH_DATA, NOT_FOR_SUBSTITUTES, SEALED_MATTERS, Permission
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class City:
    """What decisions in a city are made of: the rules in force, and the moment."""

    manifest: Manifest
    permissions: Permissions
    operators: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and its reasons, those that give the right first. given_by: the city's roles that have it at all."""

    allowed: bool
    permission: Permission
    reasons: tuple[Reason, ...]
    given_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked about, and the rules it is decided by."""

    right: Permission
    about: Thing
    policy: CasePolicy
    permissions: Permissions

    def named_by(self, role: str) -> bool:
        return self.right in self.permissions.get(role, ())

    def holding(self, person: Actor, grants: Sequence[Grant]) -> Actor:
        return replace(person, grants=tuple(grants), access=access_of(grants, self.permissions))

    def allows(self, person: Actor) -> bool:
        """Whether roles and places allow it, for whoever sees the thing; to read a case is to see it."""
        reading = self.about.case is not None and self.right is Permission.CASE_READ
        return reading or may(person, self.right, self.about, self.policy)

    def why(self, person: Actor, grant: Grant) -> Why:
        """What one role alone does about it."""
        if grant.substitute and self.right in NOT_FOR_SUBSTITUTES:
            return Why.NOT_DELEGATED
        given = may(self.holding(person, [grant]), self.right, self.about, self.policy)
        return Why.GIVES if given else Why.ELSEWHERE

    def of_standing(self, person: Actor, grants: Sequence[Grant]) -> Iterator[Reason]:
        """About the roles that need no appointment."""
        for grant in grants:
            if self.named_by(grant.role):
                yield Reason(self.why(person, grant), grant.role, scope=grant.scope)


async def explain_access(
    session: WriteSession,
    *,
    subject: tuple[str, UUID],
    permission: str,
    thing: tuple[str, UUID] | None,
    city: City,
    actor: Actor,
) -> Explanation:
    """Whether the subject may do what the permission stands for with a thing (None: anywhere at all), and why.

    subject, thing: kind and id. What the status of a case allows, and to whom, is not asked here. Errors: NotPermitted, NotFound for a
    subject or thing that the actor does not see, Invalid PERMISSION_UNKNOWN.
    """
    authorize(actor, Permission.ACCESS_EXPLAIN)
    right = _permission(permission)
    person = await subject_of(session, *subject, now=city.now, actor=actor)
    policy = policy_of(city.manifest)
    about = ANYTHING if thing is None else await thing_of(session, *thing, person, policy=policy, actor=actor)
    question = _Question(right, about, policy, city.permissions)
    zone = ZoneInfo(city.manifest.time_zone)
    held = await _held(session, person, city, zone, actor.tenant_id)
    standing = standing_grants(
        resident=person.resident_id is not None,
        volunteer=person.volunteer,
        serves=person.serves,
        operator=city.operators and person.member_id is None and person.resident_id is None,
    )
    in_force = [each.grant(zone) for each in held if each.lapse is None and person.serves] + standing
    acting = question.holding(_nobody(person, actor.tenant_id), in_force)
    if person.support is not None:
        acting = replace(acting, kind=ActorKind.OPERATOR, access=access_of_support(person.support))
    unenrolled = not person.enrolled and asks_for_authenticator(in_force, city.manifest.identity.totp_required_roles)
    sees = about.case is None or await sees_case(session, about.case.row.id, actor=acting)
    allowed = person.enabled and not unenrolled and sees and question.allows(acting)
    reasons = [
        *_of_person(person, right, unenrolled=unenrolled),
        *_of_appointments(held, question, acting, zone),
        *question.of_standing(acting, standing),
    ]
    reasons += _of_rest(right, reasons, allowed=allowed, sees=sees)
    reasons.sort(key=lambda reason: list(Why).index(reason.why))
    given_by = tuple(sorted(role for role, rights in city.permissions.items() if right in rights))
    return Explanation(allowed, right, tuple(reasons), given_by)


def _permission(word: str) -> Permission:
    try:
        return Permission(word)
    except ValueError as error:
        raise Invalid(
            "There is no such permission; they are written as area:verb, for example case:accept.",
            code="PERMISSION_UNKNOWN",
            field=("permission",),
        ) from error


def _nobody(person: Subject, tenant_id: UUID) -> Actor:
    """The subject without any role."""
    return Actor(
        tenant_id=tenant_id,
        account_id=person.account_id,
        member_id=person.member_id if person.serves else None,
        resident_id=person.resident_id,
    )


async def _held(
    session: WriteSession, person: Subject, city: City, zone: ZoneInfo, tenant_id: UUID
) -> tuple[Held, ...]:
    if person.member_id is None:
        return ()
    return await held_by(
        session,
        tenant_id=tenant_id,
        member_id=person.member_id,
        today=city.now.astimezone(zone).date(),
        posted=posted_roles(city.manifest),
        past=True,
    )


def _of_person(person: Subject, permission: Permission, *, unenrolled: bool) -> Iterator[Reason]:
    if person.account_id is None:
        yield Reason(Why.NO_ACCOUNT)
    elif not person.enabled:
        yield Reason(Why.ACCOUNT_DISABLED)
    elif unenrolled:
        yield Reason(Why.AUTHENTICATOR_MISSING)
    if person.member_id is not None and not person.serves:
        yield Reason(Why.MEMBER_LEFT)
    if person.support is not None and permission in access_of_support(person.support):
        yield Reason(Why.SUPPORT, scope="TENANT")


def _of_appointments(
    held: tuple[Held, ...],
    question: _Question,
    acting: Actor,
    zone: ZoneInfo,
) -> Iterator[Reason]:
    for each in held:
        if not question.named_by(each.role):
            continue
        ended_on = None
        if each.lapse is Lapse.ENDED:
            ended_on = each.ended_at.astimezone(zone).date() if each.ended_at else each.last_day
        why = question.why(acting, each.grant(zone)) if each.lapse is None else Why(each.lapse)
        yield Reason(why, each.role, each.id, each.scope, each.path, each.grid_id, ended_on)


def _of_rest(permission: Permission, found: Sequence[Reason], *, allowed: bool, sees: bool) -> Iterator[Reason]:
    """What no single role says."""
    given = any(reason.why in {Why.GIVES, Why.SUPPORT} for reason in found)
    if allowed and not given:
        yield Reason(Why.TAKES_PART)
    if not sees:
        yield Reason(Why.UNSEEN)
    if not allowed and not given and not any(reason.role for reason in found):
        yield Reason(Why.NO_ROLE)
    if not allowed and permission in HEALTH_DATA:
        yield Reason(Why.HEALTH_BY_DESIGN)
    if not allowed and permission in SEALED_MATTERS:
        yield Reason(Why.SEALED_BY_DESIGN)
