"""What a role may do in a city: Casbin decides, once per role and policy version; the answers are kept as a set.

The only importer of casbin. One plain ``enforce`` walks every rule (0.8 ms at 100 rules), so requests never call it:
for each (tenant, policy version) Casbin is asked about every rule once, in a thread of its own, and a whole new set of
answers takes the place of the old one. Policies are handed over as token lists, never as text lines, so no name can
inject a rule; unknown roles and tenants are answered without asking Casbin, which would remember them for ever.
Memberships are never ``g`` rules: Casbin's role manager is quadratic in them. Whatever goes wrong while a policy is
loaded, the answer is no permission at all.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

import casbin
import structlog
from casbin.persist import Adapter
from sqlalchemy import select

from tenants.context import Actor, Grant, Reach
from tenants.errors import NotPermitted
from tenants.models import PolicyRule
from tenants.permissions import NOT_FOR_SUBSTITUTES, Permission
from tenants.readings import Readings
from tenants.registry import TenantInfo
from tenants.sessions import Database

MODEL = Path(__file__).parent / "policy" / "model.conf"
Rule = tuple[str, str, str]
Permissions = Mapping[str, frozenset[Permission]]

_KEPT_TENANTS = 512
_NOTHING: Permissions = MappingProxyType({})
# One thread: several would only take turns with the event loop, and leave it a smaller share.
_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="policy")
_VOCABULARY = {tuple(permission.value.split(":")): permission for permission in Permission}
_log = structlog.get_logger(__name__)


class _Tokens(Adapter):  # type: ignore[misc]  # casbin is untyped
    """Hands the rules of one tenant to Casbin as lists of tokens."""

    def __init__(self, domain: str, rules: Iterable[Rule]) -> None:
        self._domain = domain
        self._rules = rules

    def load_policy(self, model: casbin.Model) -> None:
        """Append every rule to the model, bypassing Casbin's comma-separated text form."""
        for role, object_, action in self._rules:
            model.add_policy("p", "p", [role, self._domain, object_, action])


def decide(domain: str, rules: Sequence[Rule]) -> dict[str, frozenset[Permission]]:
    """The permissions of every role named in the rules, as Casbin decides them (pure; takes milliseconds).

    The model compares for equality, so Casbin is asked only what some rule names: the rest it would refuse.
    """
    enforcer = casbin.FastEnforcer(str(MODEL), _Tokens(domain, rules), cache_key_order=[2, 3])
    decided: dict[str, set[Permission]] = {role: set() for role in sorted({rule[0] for rule in rules})}
    for role, object_, action in set(rules):
        permission = _VOCABULARY.get((object_, action))
        if permission is not None and enforcer.enforce(role, domain, object_, action):
            decided[role].add(permission)
    return {role: frozenset(held) for role, held in decided.items()}


def access_of(grants: Iterable[Grant], permissions: Permissions) -> dict[Permission, Reach]:
    """Where each permission holds, from the grants in force and what their roles may do, without what no substitute gets."""
    merged: dict[Permission, Reach] = {}
    for grant in grants:
        withheld = NOT_FOR_SUBSTITUTES if grant.substitute else frozenset()
        for permission in permissions.get(grant.role, frozenset()) - withheld:
            merged[permission] = _widen(merged.get(permission, Reach()), grant)
    return merged


def _widen(reach: Reach, grant: Grant) -> Reach:
    paths = reach.paths + ((grant.path,) if grant.scope == "ORGANIZATION" and grant.path else ())
    grids = reach.grids + ((grant.grid_id,) if grant.scope == "GRID" and grant.grid_id else ())
    return Reach(
        tenant=reach.tenant or grant.scope == "TENANT",
        paths=tuple(dict.fromkeys(paths)),
        grids=tuple(dict.fromkeys(grids)),
        own=reach.own or grant.scope == "OWN",
    )


class Authorizer:
    """The permission sets of the cities this process has met, by policy version."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[UUID, tuple[int, Permissions]] = OrderedDict()
        self._readings: Readings[Permissions] = Readings()

    async def permissions(self, tenant: TenantInfo) -> Permissions:
        """Role -> permissions in this city; empty when the policy cannot be loaded (which denies everything).

        Whoever asks while the policy is being loaded waits for the same loading.
        """
        kept = self._kept.get(tenant.id)
        if kept is not None and kept[0] == tenant.policy_version:
            self._kept.move_to_end(tenant.id)
            return kept[1]
        return await self._readings.wait((tenant.id, tenant.policy_version), lambda: self._load(tenant))

    async def _load(self, tenant: TenantInfo) -> Permissions:
        try:
            rules = await self._rules(tenant.id)
            decided = await asyncio.get_running_loop().run_in_executor(_THREAD, decide, str(tenant.id), rules)
        except Exception:  # noqa: BLE001 - whatever it is, the answer is no, and the log says why
            _log.exception("policy_not_loaded", tenant=tenant.slug, version=tenant.policy_version)
            return _NOTHING
        kept = self._kept.get(tenant.id)
        if kept is None or kept[0] <= tenant.policy_version:  # a newer one may have been quicker
            self._kept[tenant.id] = (tenant.policy_version, decided)
        while len(self._kept) > _KEPT_TENANTS:
            self._kept.popitem(last=False)
        return decided

    async def _rules(self, tenant_id: UUID) -> list[Rule]:
        async with self._database.lookup(tenant_id) as session:
            rows = await session.execute(
                select(PolicyRule.role, PolicyRule.object, PolicyRule.action).where(PolicyRule.tenant_id == tenant_id),
            )
            return [(role, object_, action) for role, object_, action in rows]


def authorize(
    actor: Actor,
    permission: Permission,
    *,
    path: str | None = None,
    grid_id: UUID | None = None,
    own: bool = False,
) -> None:
    """Raise NotPermitted unless the actor may do this to a thing at this place, or to its own thing.

    Fetch first, then authorize: a thing the actor cannot see must already have ended in NotFound. Without a place the
    permission has to hold anywhere at all.
    """
    if not actor.may(permission):
        raise lacking(actor, permission)
    if path is None and grid_id is None and not own:
        return
    reach = actor.reach(permission)
    if reach.covers(path=path, grid_id=grid_id) or (own and reach.own):
        return
    raise NotPermitted("Your permission {permission} does not reach this place.", permission=permission.value)


def lacking(actor: Actor | None, permission: Permission) -> NotPermitted:
    """Why an actor may not do something anywhere: MUST_ENROLL where an authenticator would give the roles back."""
    if actor is not None and actor.must_enroll:
        return must_enroll()
    return NotPermitted("Your roles do not include the permission {permission}.", permission=permission.value)


def must_enroll() -> NotPermitted:
    """What whoever has to give their account an authenticator is told."""
    return NotPermitted("Give your account an authenticator first: beginTotp, then confirmTotp.", code="MUST_ENROLL")
