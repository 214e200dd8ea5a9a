from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import casbin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrations.roles import DatabaseUrls
from tenants.authz import MODEL, Authorizer, Rule, _Tokens, access_of, authorize, decide
from tenants.context import NOWHERE, Actor, Grant, Reach
from tenants.errors import NotPermitted
from tenants.ids import uuid7
from tenants.permissions import NOT_FOR_SUBSTITUTES, Permission
from tenants.registry import TenantInfo
from tenants.sessions import Database

GRID, OTHER_GRID = uuid7(), uuid7()
READ_CASES = frozenset({Permission.CASE_READ})

_HOSTILE = (
    "",
    " ",
    ",",
    "evil, name",
    "eve, city, case, read",
    "p, eve, city, case, read",
    "g, eve, admin, city",
    "clerk)",
    "(clerk",
    "clerk\np, eve, city, case, read",
    "# clerk",
    '"clerk"',
    "'",
    "r.sub",
    "*",
    ".*",
    "clerk || true",
    "clerk' or '1'='1",
    "eval(r.sub)",
    "__import__('os')",
    "${clerk}",
    "clerk\x00",
    "书记",
    "clerk; drop",
    "a" * 10_000,
)


def _decided(*rules: Rule) -> dict[str, frozenset[Permission]]:
    return decide("city", rules)


def test_a_role_may_what_its_rules_say_and_nothing_else() -> None:
    assert _decided(("clerk", "case", "read"), ("clerk", "grid", "read"), ("chief", "case", "accept")) == {
        "clerk": frozenset({Permission.CASE_READ, Permission.GRID_READ}),
        "chief": frozenset({Permission.CASE_ACCEPT}),
    }


def test_no_policy_permits_nothing() -> None:
    assert _decided() == {}


def test_a_rule_twice_is_a_rule_once() -> None:
    assert _decided(("clerk", "case", "read"), ("clerk", "case", "read")) == {"clerk": READ_CASES}


@pytest.mark.parametrize(
    "rule", [("clerk", "case", "destroy"), ("clerk", "*", "*"), ("clerk", "", ""), ("clerk", "read", "case")]
)
def test_a_rule_outside_the_vocabulary_gives_nothing(rule: Rule) -> None:
    assert _decided(rule) == {"clerk": frozenset()}


@pytest.mark.parametrize("hostile", _HOSTILE, ids=ascii)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_hostile_word_gives_nothing_and_harms_nobody(hostile: str, place: int) -> None:
    words = ["eve", "case", "accept"]
    words[place] = hostile
    decided = _decided((words[0], words[1], words[2]), ("clerk", "case", "read"))
    eve = frozenset({Permission.CASE_ACCEPT}) if place == 0 else frozenset()
    assert decided == {words[0]: eve, "clerk": READ_CASES}


async def test_the_table_refuses_every_hostile_word(db_urls: DatabaseUrls, tenant: TenantInfo) -> None:
    good = {"role": "eve", "object": "case", "action": "accept"}
    connection = await asyncpg.connect(db_urls.operator)
    try:
        for column in good:
            for hostile in _HOSTILE:
                with pytest.raises((asyncpg.CheckViolationError, asyncpg.CharacterNotInRepertoireError)):
                    await _insert_rule(connection, tenant.id, good | {column: hostile})
        await _insert_rule(connection, tenant.id, good)
    finally:
        await connection.close()


async def _insert_rule(
    connection: asyncpg.Connection[asyncpg.Record],
    tenant_id: UUID,
    words: dict[str, str],
) -> None:
    async with connection.transaction():
        await connection.execute("select set_tenant($1)", tenant_id)
        await connection.execute(
            "insert into policy_rule (tenant_id, id, role, object, action) values ($1, $2, $3, $4, $5)",
            tenant_id,
            uuid7(),
            words["role"],
            words["object"],
            words["action"],
        )


_roles = st.sampled_from(["clerk", "chief", "clerk2", "eve"])
_objects = st.sampled_from(["case", "grid", "hours", "case2"])
_actions = st.sampled_from(["read", "accept", "verify", "create"])
_policies = st.lists(st.tuples(_roles, st.sampled_from(["city", "town"]), _objects, _actions), max_size=24)


class _ManyCities(_Tokens):
    """Rules of several cities in one model, which the program itself never loads."""

    def __init__(self, rules: Sequence[tuple[str, str, str, str]]) -> None:
        super().__init__("", ())
        self._lines = rules

    def load_policy(self, model: casbin.Model) -> None:
        for role, domain, object_, action in self._lines:
            model.add_policy("p", "p", [role, domain, object_, action])


@settings(max_examples=60, deadline=None)
@given(
    _policies, st.lists(st.tuples(_roles, st.sampled_from(["city", "town", "sea"]), _objects, _actions), max_size=12)
)
def test_the_fast_enforcer_decides_as_the_plain_one_and_as_a_set(
    rules: list[tuple[str, str, str, str]],
    questions: list[tuple[str, str, str, str]],
) -> None:
    fast = casbin.FastEnforcer(str(MODEL), _ManyCities(rules), cache_key_order=[2, 3])
    plain = casbin.Enforcer(str(MODEL), _ManyCities(rules))
    for question in [*rules, *questions]:
        expected = question in rules
        assert (fast.enforce(*question), plain.enforce(*question)) == (expected, expected)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_roles, st.sampled_from(list(Permission))), max_size=30))
def test_what_is_decided_is_what_was_written(rules: list[tuple[str, Permission]]) -> None:
    written: dict[str, set[Permission]] = {}
    for role, permission in rules:
        written.setdefault(role, set()).add(permission)
    tokens: list[Rule] = []
    for role, permission in rules:
        object_, action = permission.value.split(":")
        tokens.append((role, object_, action))
    assert _decided(*tokens) == written


async def test_a_city_decides_by_its_own_rules(database: Database, tenant: TenantInfo) -> None:
    permissions = await Authorizer(database).permissions(tenant)
    assert permissions["analyst"] == {Permission.DASHBOARD_READ, Permission.GRID_READ, Permission.ORGANIZATION_READ}


async def test_a_city_nobody_knows_permits_nothing(database: Database, tenant: TenantInfo) -> None:
    assert await Authorizer(database).permissions(_renamed(tenant, uuid7())) == {}


async def test_a_policy_that_cannot_be_loaded_denies_and_is_not_remembered(
    database: Database,
    db_urls: DatabaseUrls,
    tenant: TenantInfo,
) -> None:
    authorizer = Authorizer(database)
    owner = await asyncpg.connect(db_urls.owner)
    try:
        await owner.execute("alter table policy_rule rename to policy_rule_away")
        assert await authorizer.permissions(tenant) == {}
        await owner.execute("alter table policy_rule_away rename to policy_rule")
    finally:
        await owner.close()
    assert "analyst" in await authorizer.permissions(tenant)


async def test_a_decision_stands_for_its_policy_version(
    database: Database,
    db_urls: DatabaseUrls,
    tenant: TenantInfo,
) -> None:
    authorizer = Authorizer(database)
    before = await authorizer.permissions(tenant)
    operator = await asyncpg.connect(db_urls.operator)
    try:
        async with operator.transaction():
            await operator.execute("select set_tenant($1)", tenant.id)
            await operator.execute("delete from policy_rule where tenant_id = $1 and role = 'analyst'", tenant.id)
    finally:
        await operator.close()
    assert await authorizer.permissions(tenant) is before
    assert "analyst" not in await authorizer.permissions(_renamed(tenant, tenant.id, policy_version=99))


def _renamed(tenant: TenantInfo, id_: UUID, *, policy_version: int = 1) -> TenantInfo:
    return TenantInfo(
        id=id_,
        slug=tenant.slug,
        kind=tenant.kind,
        status=tenant.status,
        time_zone=tenant.time_zone,
        manifest_version=tenant.manifest_version,
        policy_version=policy_version,
    )


PERMISSIONS = {"clerk": READ_CASES, "chief": frozenset({Permission.CASE_READ, Permission.CASE_ACCEPT})}


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([], {}),
        ([Grant("nobody", "TENANT")], {}),
        ([Grant("clerk", "TENANT")], {Permission.CASE_READ: Reach(tenant=True)}),
        ([Grant("clerk", "OWN")], {Permission.CASE_READ: Reach(own=True)}),
        ([Grant("clerk", "ORGANIZATION", path="a/")], {Permission.CASE_READ: Reach(paths=("a/",))}),
        ([Grant("clerk", "GRID", grid_id=GRID)], {Permission.CASE_READ: Reach(grids=(GRID,))}),
        ([Grant("clerk", "ORGANIZATION")], {Permission.CASE_READ: NOWHERE}),
        ([Grant("clerk", "GRID", path="a/")], {Permission.CASE_READ: NOWHERE}),
        ([Grant("clerk", "SOMETHING", path="a/", grid_id=GRID)], {Permission.CASE_READ: NOWHERE}),
        (
            [
                Grant("clerk", "ORGANIZATION", path="b/"),
                Grant("chief", "ORGANIZATION", path="a/"),
                Grant("clerk", "ORGANIZATION", path="a/"),
                Grant("chief", "GRID", grid_id=GRID),
                Grant("clerk", "OWN"),
            ],
            {
                Permission.CASE_READ: Reach(paths=("b/", "a/"), grids=(GRID,), own=True),
                Permission.CASE_ACCEPT: Reach(paths=("a/",), grids=(GRID,)),
            },
        ),
    ],
)
def test_grants_are_merged_per_permission(grants: list[Grant], expected: dict[Permission, Reach]) -> None:
    assert access_of(grants, PERMISSIONS) == expected


def test_a_substitute_gets_a_role_without_what_gives_rights() -> None:
    permissions = {"admin": frozenset(NOT_FOR_SUBSTITUTES | {Permission.CASE_READ})}
    stands_in = Grant("admin", "TENANT", substitute=True)
    assert access_of([stands_in], permissions) == {Permission.CASE_READ: Reach(tenant=True)}
    own = Grant("admin", "ORGANIZATION", path="a/")
    both = access_of([stands_in, own], permissions)
    assert both[Permission.CASE_READ] == Reach(tenant=True, paths=("a/",))
    assert {both[right] for right in NOT_FOR_SUBSTITUTES} == {Reach(paths=("a/",))}


_grants = st.lists(
    st.builds(
        Grant,
        role=st.sampled_from(["clerk", "chief", "nobody"]),
        scope=st.sampled_from(["TENANT", "ORGANIZATION", "GRID", "OWN"]),
        path=st.sampled_from(["a/", "a/b/", "c/"]),
        grid_id=st.sampled_from([GRID, OTHER_GRID]),
    ),
    max_size=6,
)


@given(_grants, st.sampled_from(["a/", "a/b/", "a/b/d/", "c/", "e/"]), st.sampled_from([GRID, OTHER_GRID]))
def test_merged_grants_reach_what_any_of_them_reaches(grants: list[Grant], path: str, grid_id: UUID) -> None:
    def alone(grant: Grant) -> bool:
        return "case:accept" in PERMISSIONS.get(grant.role, ()) and (
            grant.scope == "TENANT"
            or (grant.scope == "ORGANIZATION" and path.startswith(str(grant.path)))
            or (grant.scope == "GRID" and grid_id == grant.grid_id)
        )

    merged = access_of(grants, PERMISSIONS).get(Permission.CASE_ACCEPT, NOWHERE)
    assert merged.covers(path=path, grid_id=grid_id) == any(alone(grant) for grant in grants)


def _actor(reach: Reach) -> Actor:
    return Actor(tenant_id=uuid7(), access={Permission.CASE_READ: reach})


@pytest.mark.parametrize(
    ("reach", "place"),
    [
        (Reach(tenant=True), {}),
        (NOWHERE, {}),
        (Reach(tenant=True), {"path": "a/b/", "grid_id": GRID}),
        (Reach(paths=("a/",)), {"path": "a/b/"}),
        (Reach(paths=("a/",)), {"path": "a/"}),
        (Reach(grids=(GRID,)), {"path": "a/", "grid_id": GRID}),
        (Reach(own=True), {"path": "a/", "own": True}),
        (Reach(own=True), {"own": True}),
    ],
)
def test_a_permission_that_reaches_the_place_is_granted(reach: Reach, place: dict[str, object]) -> None:
    authorize(_actor(reach), Permission.CASE_READ, **place)  # type: ignore[arg-type]  # a place by name


@pytest.mark.parametrize(
    ("reach", "place"),
    [
        (NOWHERE, {"path": "a/"}),
        (Reach(paths=("a/b/",)), {"path": "a/"}),
        (Reach(paths=("a/",)), {"path": "ab/"}),
        (Reach(paths=("a/",)), {"grid_id": GRID}),
        (Reach(grids=(GRID,)), {"grid_id": OTHER_GRID}),
        (Reach(grids=(GRID,)), {"path": "a/"}),
        (Reach(paths=("a/",)), {"own": True}),
        (Reach(own=True), {"path": "a/", "own": False}),
    ],
)
def test_a_permission_that_does_not_reach_the_place_is_refused(reach: Reach, place: dict[str, object]) -> None:
    with pytest.raises(NotPermitted) as refused:
        authorize(_actor(reach), Permission.CASE_READ, **place)  # type: ignore[arg-type]  # a place by name
    assert refused.value.params == {"permission": "case:read"}


def test_a_permission_nobody_gave_is_refused() -> None:
    with pytest.raises(NotPermitted) as refused:
        authorize(_actor(Reach(tenant=True)), Permission.CASE_ACCEPT)
    assert (refused.value.code, str(refused.value)) == (
        "FORBIDDEN",
        "Your roles do not include the permission case:accept.",
    )
