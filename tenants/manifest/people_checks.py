"""What a manifest says about people and cases must hold together: roles, templates, categories, ladder, stars, checks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from tenants.manifest.casework import CaseCategory, CaseTemplate, EscalationLadder, LadderStep
from tenants.manifest.people import HealthCheckPolicy, HealthCheckRule, Role, StarPolicy
from tenants.manifest.pointers import Fault, pointer, repeated
from tenants.manifest.structure import Identity
from tenants.manifest.words import CaseStep, RoleScope, TenantKind
from tenants.permissions import (
    HEALTH_COMPANIONS,
    HEALTH_DATA,
    PLATFORM_ONLY,
    SEALED_COMPANIONS,
    SEALED_MATTERS,
    Permission,
)

_STEP_ORDER = tuple(CaseStep)


def role_faults(identity: Identity, roles: tuple[Role, ...]) -> Iterator[Fault]:
    """Each role and right once; operator rights only on the platform; health data and sealed matters apart from all else."""
    for index in repeated(role.slug for role in roles):
        yield Fault(pointer("roles", index, "slug"), f"role {roles[index].slug!r} repeated")
    for index, role in enumerate(roles):
        for position in repeated(role.permissions):
            message = f"permission {role.permissions[position].value!r} repeated"
            yield Fault(pointer("roles", index, "permissions", position), message)
        for position, permission in enumerate(role.permissions):
            reason = _refused(identity, role, permission)
            if reason:
                yield Fault(pointer("roles", index, "permissions", position), reason)


def second_factor_faults(identity: Identity, roles: tuple[Role, ...]) -> Iterator[Fault]:
    """Who must have an authenticator is said of roles that there are, once each."""
    slugs = {role.slug for role in roles}
    for index in repeated(identity.totp_required_roles):
        message = f"role {identity.totp_required_roles[index]!r} repeated"
        yield Fault(pointer("identity", "totp_required_roles", index), message)
    for index, slug in enumerate(identity.totp_required_roles):
        if slug not in slugs:
            yield Fault(pointer("identity", "totp_required_roles", index), f"no role {slug!r}")


def _refused(identity: Identity, role: Role, permission: Permission) -> str | None:
    if permission in PLATFORM_ONLY and identity.kind is TenantKind.CITY:
        return f"permission {permission.value!r} is for the platform's own tenant"
    held = HEALTH_DATA.intersection(role.permissions)
    if held and role.scope is not RoleScope.OWN and permission not in HEALTH_DATA | HEALTH_COMPANIONS:
        return f"permission {permission.value!r} cannot stand beside {min(held).value!r} in one role"
    sealed = SEALED_MATTERS.intersection(role.permissions)
    if sealed and permission not in SEALED_MATTERS | SEALED_COMPANIONS:
        return f"permission {permission.value!r} cannot stand beside {min(sealed).value!r} in one role"
    if permission in SEALED_MATTERS and role.scope not in (RoleScope.TENANT, RoleScope.ORGANIZATION):
        return f"permission {permission.value!r} is for roles of the scopes ORGANIZATION and TENANT"
    return None


def needed_role_faults(identity: Identity, roles: tuple[Role, ...]) -> Iterator[Fault]:
    """Somebody must be able to appoint and to dispatch, or the city could not work."""
    if identity.kind is not TenantKind.CITY:
        return
    for permission in (Permission.APPOINTMENT_CREATE, Permission.CASE_DISPATCH):
        if all(permission not in role.permissions for role in roles):
            yield Fault("/roles", f"no role holds {permission.value!r}")


def category_faults(case_categories: tuple[CaseCategory, ...]) -> Iterator[Fault]:
    """Each category once, under a known parent, in no circle."""
    for index in repeated(category.code for category in case_categories):
        message = f"code {case_categories[index].code!r} repeated"
        yield Fault(pointer("case_categories", index, "code"), message)
    parents = {category.code: category.parent for category in case_categories}
    for index, category in enumerate(case_categories):
        if category.parent is None:
            continue
        if category.parent not in parents:
            yield Fault(pointer("case_categories", index, "parent"), f"unknown category {category.parent!r}")
        elif category.code in _ancestors(category.code, parents):
            message = f"category {category.code!r} is its own ancestor"
            yield Fault(pointer("case_categories", index, "parent"), message)


def _ancestors(code: str, parents: dict[str, str | None]) -> set[str]:
    found: set[str] = set()
    above = parents[code]
    while above is not None and above not in found:
        found.add(above)
        above = parents.get(above)
    return found


def template_faults(
    identity: Identity,
    roles: tuple[Role, ...],
    case_templates: tuple[CaseTemplate, ...],
) -> Iterator[Fault]:
    """One template per track, whose steps can be taken by somebody."""
    if identity.kind is TenantKind.CITY and not case_templates:
        yield Fault("/case_templates", "a city needs at least one template")
    for index in repeated(template.track for template in case_templates):
        message = f"track {case_templates[index].track.value!r} repeated"
        yield Fault(pointer("case_templates", index, "track"), message)
    claimable = any(Permission.CASE_CLAIM in role.permissions for role in roles)
    for index, template in enumerate(case_templates):
        yield from _dispatcher_faults(roles, template, index)
        yield from _course_faults(template, index)
        if template.claim and not claimable:
            yield Fault(pointer("case_templates", index, "claim"), "no role holds 'case:claim'")


def _dispatcher_faults(roles: tuple[Role, ...], template: CaseTemplate, index: int) -> Iterator[Fault]:
    rights = {role.slug: role.permissions for role in roles}
    for position, slug in enumerate(template.dispatcher_roles):
        if slug not in rights:
            message = f"unknown role {slug!r}"
        elif Permission.CASE_DISPATCH not in rights[slug]:
            message = f"role {slug!r} lacks 'case:dispatch'"
        else:
            continue
        yield Fault(pointer("case_templates", index, "dispatcher_roles", position), message)


def _course_faults(template: CaseTemplate, index: int) -> Iterator[Fault]:
    at = ("case_templates", index)
    steps = template.mandatory_steps
    if not template.claim and not template.direct_dispatch:
        yield Fault(pointer(*at, "direct_dispatch"), "neither the pool nor direct dispatch: no case could be handled")
    for position in repeated(steps):
        yield Fault(pointer(*at, "mandatory_steps", position), f"step {steps[position].value!r} repeated")
    for position, (before, after) in enumerate(itertools.pairwise(steps), start=1):
        if _STEP_ORDER.index(after) < _STEP_ORDER.index(before):
            message = f"step {after.value!r} comes before {before.value!r}"
            yield Fault(pointer(*at, "mandatory_steps", position), message)
    if CaseStep.CLAIMED in steps and (not template.claim or template.direct_dispatch):
        message = "'CLAIMED' can be demanded only where every case goes to the pool"
        yield Fault(pointer(*at, "mandatory_steps", steps.index(CaseStep.CLAIMED)), message)
    for position in repeated(template.rating.scale):
        message = f"judgment {template.rating.scale[position].value!r} repeated"
        yield Fault(pointer(*at, "rating", "scale", position), message)


def ladder_faults(roles: tuple[Role, ...], escalation_ladder: EscalationLadder) -> Iterator[Fault]:
    """Each step has one time, later than the step before, and tells known roles that see cases."""
    readers = {role.slug: Permission.CASE_READ in role.permissions for role in roles}
    steps = escalation_ladder.steps
    for index, step in enumerate(steps):
        at = ("escalation_ladder", "steps", index)
        if (step.after_share_percent is None) == (step.after is None):
            yield Fault(pointer(*at), "exactly one of 'after_share_percent' and 'after' must be set")
        for position, slug in enumerate(step.notify_roles):
            if not readers.get(slug):
                message = f"role {slug!r} lacks 'case:read'" if slug in readers else f"unknown role {slug!r}"
                yield Fault(pointer(*at, "notify_roles", position), message)
    for index, (before, step) in enumerate(itertools.pairwise(steps), start=1):
        word = "after" if step.after_share_percent is None else "after_share_percent"
        if not _later(before, step):
            yield Fault(pointer("escalation_ladder", "steps", index, word), "not later than the step before")


def _later(before: LadderStep, step: LadderStep) -> bool:
    if step.after_share_percent is not None:
        return before.after is None and step.after_share_percent > (before.after_share_percent or 0)
    if before.after is None or step.after is None or before.after.unit is not step.after.unit:
        # A share comes first; different units are compared only when a case gives them dates.
        return True
    return step.after.amount > before.after.amount


def star_faults(star_policy: StarPolicy) -> Iterator[Fault]:
    """Thresholds rise strictly, so that more hours never mean fewer stars."""
    hours = star_policy.thresholds_hours
    for index, (lower, higher) in enumerate(itertools.pairwise(hours), start=1):
        if higher <= lower:
            message = f"threshold {higher} is not above {lower}"
            yield Fault(pointer("star_policy", "thresholds_hours", index), message)


def health_check_faults(health_check_policies: tuple[HealthCheckPolicy, ...]) -> Iterator[Fault]:
    """One policy per first day; ages the right way round; nobody in two groups of one policy."""
    for index in repeated(policy.effective_from for policy in health_check_policies):
        message = f"a policy from {health_check_policies[index].effective_from} repeated"
        yield Fault(pointer("health_check_policies", index, "effective_from"), message)
    for index, policy in enumerate(health_check_policies):
        for position, rule in enumerate(policy.rules):
            at = ("health_check_policies", index, "rules", position)
            if rule.min_age > rule.max_age:
                yield Fault(pointer(*at, "max_age"), f"age {rule.max_age} is below {rule.min_age}")
            if any(_overlap(rule, other) for other in policy.rules[:position]):
                yield Fault(pointer(*at), "overlaps another group of the same sex")


def _overlap(one: HealthCheckRule, other: HealthCheckRule) -> bool:
    return one.sex is other.sex and one.min_age <= other.max_age and other.min_age <= one.max_age
