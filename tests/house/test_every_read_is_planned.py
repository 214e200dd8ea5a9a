"""Every field that reads goes through the planner, and everything the planner can be asked compiles and is guarded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import CodeType, FunctionType
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from sqlalchemy import BigInteger, Integer

from schema.context import Context, Services
from schema.planner.binding import Parameters
from schema.planner.compile import Findings
from schema.planner.declare import ENTITIES, KEY
from schema.planner.reads import Reads, render
from schema.root import schema
from server.cases.stream import visible_after
from tenants.context import Actor, system_actor
from tenants.viewer import Viewer
from tests.fixtures.city import Platform
from tests.house.lints import documents
from tests.house.lints.execution import executed
from tests.house.lints.recorder import TENANT_TABLES
from tests.house.lints.statements import faults

_BACKREF = "strawberry-definition"
ROLES = ("analyst", "first_secretary", "grid_worker", "resident")  # all, a subtree, a grid and oneself
NOT_PLANNED = {
    "Query.viewer": "says what the credential stands for, from the actor in memory; its objects are planned",
    "Viewer.cities": "a use case's answer from the platform's own tenant, where no city may look; for the person alone",
    "Query.tenant": "the manifest in force is one document, kept in memory; it holds no person's data",
    "Tenant.manifest": "part of that document, for whoever holds manifest:read",
    "Query.healthCheckEligibility": "a pure rule's answer about one resident, by a use case that asks for the right",
    "Query.caseCategories": "part of the manifest in force, which is public in the city",
    "Query.suggestDuplicates": "the planner's own run of a statement that holds the predicates of cases and grids",
    "Query.caseByTrackingCode": "the same; the tracking code is what lets one see the case",
    "Query.trackSealed": "a use case: the code is what lets one see the matter, and the reading is written down first",
    "Query.simulateEscalation": "a pure rule's answer about the manifest; what it reads of rows, the planner reads",
    "Query.explainAccess": "a use case's answer about what decides; it reads by the visibility predicates of the asker",
    "Query.previewRoleChange": "a pure comparison of two role tables, and counts of appointments by role; no rows",
    "Query.tenants": "the operator's list of cities: the global table, through the operator's role",
}
READ_BY_STRANGERS = {"Query.publishedCase", "Query.publishedCases"}
"""Read with a stranger's eyes of the city that is named, whoever asks: one plan for all roles."""
ANSWERS_ANYBODY = {
    "Query.viewer": "null says that nobody is signed in",
    "Query.publishedCase": "null says that the city has made nothing public under the id",
    "Query.publishedCases": "null says that there is no such city",
    "Query.caseByTrackingCode": "null says that no case has the code",
    "Query.trackSealed": "null says that no matter has the code",
}


def _graph() -> GraphQLSchema:
    return schema()._schema


def _queries() -> dict[str, GraphQLField]:
    root = _graph().query_type
    assert root is not None
    fields: dict[str, GraphQLField] = root.fields
    return fields


def _resolvers() -> Iterator[tuple[str, Any]]:
    """Every function that answers a field outside the mutations, by the field's name."""
    for type_ in _graph().type_map.values():
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) or type_.name in {
            "Mutation",
            "Subscription",
        }:
            continue
        for name, field in type_.fields.items():
            declared = field.extensions.get(_BACKREF)
            if declared is not None and declared.base_resolver is not None:
                yield f"{type_.name}.{name}", declared


def _is_planned(function: FunctionType) -> bool:
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    return {"services", "reads", "run"} <= names


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def test_every_resolver_runs_a_planned_read() -> None:
    own = [
        name
        for name, declared in _resolvers()
        if KEY not in declared.metadata and not _is_planned(declared.base_resolver.wrapped_func)
    ]
    assert sorted(own) == sorted(NOT_PLANNED)


def test_every_query_has_a_resolver() -> None:
    resolved = {name for name, _declared in _resolvers()}
    assert [name for name in _queries() if f"Query.{name}" not in resolved] == []


def test_every_field_of_an_entity_stands_on_its_table() -> None:
    """Anything else would be a value that somebody computed beside the guard."""
    bare = []
    for name in ENTITIES:
        type_ = _graph().type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        for word, field in type_.fields.items():
            declared = field.extensions[_BACKREF]
            if KEY not in declared.metadata and declared.python_name != "id":
                bare.append(f"{name}.{word}")
    assert bare == []


def test_every_entity_can_be_fetched_by_its_prefix() -> None:
    prefixes = [entity.prefix for entity in ENTITIES.values()]
    assert sorted(set(prefixes)) == sorted(prefixes)


@pytest.mark.parametrize("name", sorted(_queries()))
async def test_nobody_reads_without_signing_in(standing: Platform, name: str) -> None:
    query = next(documents.reads(name, _queries()[name], depth=0))
    context = Context(services=standing.services, actor=None, request_id="test")
    answer = await executed(context, query)
    if f"Query.{name}" in ANSWERS_ANYBODY:
        assert (answer.errors, answer.data) == (None, {name: None})
    else:
        codes = [(error.extensions or {}).get("code") for error in answer.errors or []]
        assert codes == ["UNAUTHENTICATED"], query


@pytest.mark.parametrize("name", sorted(_queries()))
async def test_everything_that_can_be_asked_compiles_runs_and_names_the_tenant(standing: Platform, name: str) -> None:
    reads = Reads(standing.services.database)
    services = replace(standing.services, reads=reads)
    actors = [await standing.actor("daye", role) for role in ROLES]
    queries = [
        query.replace('tenant: "x"', 'tenant: "daye"') for query in documents.reads(name, _queries()[name], depth=1)
    ]
    viewers = 1 if f"Query.{name}" in READ_BY_STRANGERS else len(ROLES)
    failed = [found for query in queries for actor in actors for found in await _run(services, actor, query)]
    assert failed == []
    assert len(reads) >= len(queries) * viewers or f"Query.{name}" in NOT_PLANNED
    unbound = [
        f"{fault}\n{plan.statement}"
        for plan in reads._plans.values()
        for fault in faults(plan.statement, TENANT_TABLES)
    ]
    assert unbound == []


@pytest.mark.parametrize("role", ROLES)
async def test_streams_name_the_tenant(standing: Platform, role: str) -> None:
    for actor in (await standing.actor("daye", role), system_actor((await standing.tenant("daye")).id, name="test")):
        viewer, own = Viewer(actor), Parameters()
        json = visible_after(viewer, own.own("seq", BigInteger()), own.own("limit", Integer()))
        assert faults(render(viewer, own, Findings(), json).statement, TENANT_TABLES) == []


async def _run(services: Services, actor: Actor, query: str) -> list[str]:
    """What went wrong; a permission that the role lacks is an answer."""
    context = Context(services=services, actor=actor, request_id="test", purpose="TREATMENT")
    answer = await executed(context, query)
    wrong = [
        error for error in answer.errors or [] if (error.extensions or {}).get("code") not in {"FORBIDDEN", "NOT_FOUND"}
    ]
    return [f"{query}: {error.message} {error.extensions}" for error in wrong]
