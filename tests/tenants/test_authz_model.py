"""Decisions against a model of them that knows neither Casbin nor sets: who may do what where, by the words alone."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from dataclasses import dataclass
from uuid import UUID

import casbin
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.authz import MODEL, Rule, _Tokens, access_of, authorize, decide
from tenants.context import Actor, Grant
from tenants.errors import NotPermitted
from tenants.ids import uuid7
from tenants.permissions import Permission

GRIDS = tuple(UUID(int=n) for n in range(1, 4))
_HOSTILE = ("", ",", "clerk, case, read", "p, clerk, city, case, read", "*", "clerk\n", "r.sub", "keyMatch(r.sub, '*')")


@dataclass(frozen=True, slots=True)
class Question:
    """May somebody with these grants do that there? path, grid_id None: anywhere at all, unless it is their own."""

    permission: Permission
    path: str | None
    grid_id: UUID | None
    own: bool


def reference(rules: list[Rule], grants: list[Grant], question: Question) -> bool:
    """The whole of it in words: some grant in force names a role, some rule gives the role the right, and it reaches."""
    object_, action = question.permission.value.split(":")
    for grant in grants:
        if any(rule == (grant.role, object_, action) for rule in rules) and _reaches(grant, question):
            return True
    return False


def _reaches(grant: Grant, question: Question) -> bool:
    if question.path is None and question.grid_id is None and not question.own:
        return True
    if grant.scope == "TENANT":
        return True
    if grant.scope == "ORGANIZATION":
        return bool(grant.path) and question.path is not None and _below(question.path, str(grant.path))
    if grant.scope == "GRID":
        return grant.grid_id is not None and grant.grid_id == question.grid_id
    return grant.scope == "OWN" and question.own


def _below(path: str, above: str) -> bool:
    steps, wanted = path.split("/")[:-1], above.split("/")[:-1]
    return steps[: len(wanted)] == wanted


def decided(actor: Actor, question: Question) -> bool:
    """The same, as the program decides it."""
    try:
        authorize(actor, question.permission, path=question.path, grid_id=question.grid_id, own=question.own)
    except NotPermitted:
        return False
    return True


_roles = st.sampled_from(["clerk", "chief", "eve", "clerk2"]) | st.sampled_from(_HOSTILE)
_words = st.sampled_from([tuple(permission.value.split(":")) for permission in Permission][:12])
_strange = st.tuples(st.sampled_from(["case", "*", ""]), st.sampled_from(["read", "destroy", ".*"]))
_rules = st.lists(st.tuples(_roles, _words | _strange).map(lambda rule: (rule[0], *rule[1])), max_size=16)
_paths = st.sampled_from(["a/", "a/b/", "a/b/c/", "ab/", "b/", "b/a/"])
_scopes = st.sampled_from(["TENANT", "ORGANIZATION", "GRID", "OWN", "ZONE", ""])
_grants = st.lists(
    st.builds(Grant, role=_roles, scope=_scopes, path=st.none() | _paths, grid_id=st.none() | st.sampled_from(GRIDS)),
    max_size=5,
)
_questions = st.lists(
    st.builds(
        Question,
        permission=st.sampled_from(list(Permission)[:14]),
        path=st.none() | _paths,
        grid_id=st.none() | st.sampled_from(GRIDS),
        own=st.booleans(),
    ),
    min_size=4,
    max_size=12,
)
_usual = settings(max_examples=300, deadline=None)
_long = settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _agree(rules: list[Rule], grants: list[Grant], questions: list[Question]) -> None:
    actor = Actor(tenant_id=uuid7(), access=access_of(grants, decide("city", rules)))
    for question in questions:
        assert decided(actor, question) == reference(rules, grants, question), question


@_usual
@given(_rules, _grants, _questions)
def test_decisions_are_those_of_the_model(rules: list[Rule], grants: list[Grant], questions: list[Question]) -> None:
    _agree(rules, grants, questions)


@pytest.mark.slow
@pytest.mark.timeout(3_000)
@_long
@given(_rules, _grants, _questions)
def test_decisions_are_those_of_the_model_on_ten_thousand_policies(
    rules: list[Rule],
    grants: list[Grant],
    questions: list[Question],
) -> None:
    _agree(rules, grants, questions)


@settings(max_examples=10, deadline=None)
@given(_rules)
def test_what_no_rule_names_casbin_refuses_too(rules: list[Rule]) -> None:
    plain = casbin.Enforcer(str(MODEL), _Tokens("city", rules))
    asked = {
        role: frozenset(p for p in Permission if plain.enforce(role, "city", *p.value.split(":")))
        for role in {rule[0] for rule in rules}
    }
    assert decide("city", rules) == asked


def test_many_random_cities_leave_nothing_behind() -> None:
    def visit(cities: int) -> None:
        for _ in range(cities):
            city = str(uuid7())
            decide(city, [(f"r{city[-12:]}", "case", "read"), (f"s{city[-12:]}", "grid", "read")])
        gc.collect()

    visit(50)
    tracemalloc.start()
    try:
        visit(20)
        before, interned = tracemalloc.get_traced_memory()[0], sys.getallocatedblocks()
        visit(300)
        after, blocks = tracemalloc.get_traced_memory()[0], sys.getallocatedblocks()
    finally:
        tracemalloc.stop()
    assert after - before < 64 * 1024
    assert blocks - interned < 2_000
