"""What may not be searched or counted by key at all (sources.md 5.2: P-01, P-03; 5.3: N-03, N-06)."""

from __future__ import annotations

from graphql import GraphQLInputObjectType, GraphQLObjectType

from schema.root import schema

SEARCHED = {"ActivityFilter", "CaseFilter", "GridFilter", "MemberFilter", "OrganizationFilter", "VolunteerFilter"}
COUNTED = {
    "ActivityConnection",
    "CaseConnection",
    "CaseTaskConnection",
    "GridConnection",
    "HourEntryConnection",
    "ListMeasureConnection",
    "ListProblemConnection",
    "ListResponsibilityConnection",
    "MemberConnection",
    "OrganizationConnection",
    "VolunteerConnection",
}
# Of persons whom a city serves, and of their health: nothing but their place, name and day, for those who see them.
SENSITIVE = {
    "ResidentFilter": {"place", "gridId", "name", "withinOrganizationId"},
    "HealthCheckFilter": {"checkedSince", "checkedUntil"},
    "AccessLogFilter": {"since", "until"},
}


def test_residents_and_health_data_are_neither_searched_nor_counted_by_key() -> None:
    types = schema()._schema.type_map
    filters = {name: type_ for name, type_ in types.items() if isinstance(type_, GraphQLInputObjectType)}
    assert {name for name, type_ in filters.items() if "search" in type_.fields} == SEARCHED
    objects = {name: type_ for name, type_ in types.items() if isinstance(type_, GraphQLObjectType)}
    assert {name for name, type_ in objects.items() if "countBy" in type_.fields} == COUNTED


def test_filters_of_residents_and_health_data_ask_nothing_else() -> None:
    types = schema()._schema.type_map
    for name, fields in SENSITIVE.items():
        found = types[name]
        assert isinstance(found, GraphQLInputObjectType)
        assert set(found.fields) == fields, name
