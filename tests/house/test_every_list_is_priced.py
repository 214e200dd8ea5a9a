"""Every list of objects says how many it may hold at most, or is a page: otherwise nobody could tell what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from schema.planner.prices import KEY, Price
from schema.root import schema
from tenants.manifest.model import Manifest
from tenants.manifest.structure import GridPolicy

_BACKREF = "strawberry-definition"
OF_THE_MANIFEST: dict[str, tuple[Any, str]] = {
    "labels": (Manifest, "labels"),
    "organizationKinds": (Manifest, "organization_kinds"),
    "levels": (Manifest, "levels"),
    "chains": (Manifest, "chains"),
    "gridKinds": (GridPolicy, "kinds"),
    "capacities": (GridPolicy, "staffing"),
    "roles": (Manifest, "roles"),
    "categories": (Manifest, "case_categories"),
    "tracks": (Manifest, "case_templates"),
}


def _types() -> Iterator[GraphQLObjectType | GraphQLInterfaceType]:
    for type_ in schema()._schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and not type_.name.startswith("__"):
            yield type_


def _lists() -> dict[str, GraphQLField]:
    found: dict[str, GraphQLField] = {}
    for type_ in _types():
        rows = {"nodes", "edges"} if "pageInfo" in type_.fields else set()
        for name, definition in type_.fields.items():
            output = definition.type.of_type if isinstance(definition.type, GraphQLNonNull) else definition.type
            if isinstance(output, GraphQLList) and not is_leaf_type(get_named_type(output)) and name not in rows:
                found[f"{type_.name}.{name}"] = definition
    return found


def _price(definition: GraphQLField) -> Price | None:
    found = definition.extensions[_BACKREF].metadata.get(KEY)
    return found if isinstance(found, Price) else None


def test_every_list_of_objects_is_bounded() -> None:
    lists = _lists()
    assert {"Query.nodes", "Query.tenants", "Dashboard.byChild", "SignInPayload.userErrors"} <= lists.keys()
    assert [name for name, definition in lists.items() if _price(definition) is None] == []


def test_a_bound_by_an_argument_names_one_there_is() -> None:
    for name, definition in _lists().items():
        price = _price(definition)
        assert price is not None
        assert price.by is None or price.by in definition.args, name


@pytest.mark.parametrize("field", OF_THE_MANIFEST)
def test_the_bounds_of_configuration_are_those_of_the_manifest(field: str) -> None:
    model, name = OF_THE_MANIFEST[field]
    (longest,) = [rule.max_length for rule in model.model_fields[name].metadata if hasattr(rule, "max_length")]
    price = _price(_lists()[f"Tenant.{field}"])
    assert price is not None
    assert price.at_most == longest


def test_no_object_list_of_the_configuration_is_forgotten() -> None:
    assert {name.removeprefix("Tenant.") for name in _lists() if name.startswith("Tenant.")} == set(OF_THE_MANIFEST)
