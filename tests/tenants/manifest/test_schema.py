"""The published JSON Schema is current, explains every field, and accepts what ships."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tenants.manifest import schema, shipped
from tenants.manifest.faults import parse
from tenants.manifest.reader import read


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(schema.PUBLISHED.read_text(encoding="utf-8"))
    return loaded


def test_published_schema_is_current() -> None:
    assert schema.PUBLISHED.read_text(encoding="utf-8") == schema.text()


def test_published_schema_is_a_valid_schema(published: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(published)


def test_every_field_is_described(published: dict[str, Any]) -> None:
    parts = {"Manifest": published, **published["$defs"]}
    fields = {
        f"{part}.{name}": field for part, form in parts.items() for name, field in form.get("properties", {}).items()
    }

    assert {"Manifest.levels", "Role.permissions", "TimeLimit.unit", "NamedDay.date"} <= set(fields)
    assert [name for name, field in fields.items() if not field.get("description")] == []


def test_every_part_refuses_unknown_keys(published: dict[str, Any]) -> None:
    parts = {"Manifest": published, **published["$defs"]}

    assert [name for name, part in parts.items() if "properties" in part and part["additionalProperties"]] == []


@pytest.mark.parametrize("slug", [*shipped.CITIES, shipped.PLATFORM])
def test_shipped_manifests_fit_the_schema_as_written_and_as_stored(published: dict[str, Any], slug: str) -> None:
    validator = Draft202012Validator(published, format_checker=Draft202012Validator.FORMAT_CHECKER)

    assert list(_told(validator, read(shipped.text(slug))[0])) == []
    assert list(_told(validator, parse(shipped.text(slug)).document())) == []


def test_a_listed_default_role_needs_only_its_slug(published: dict[str, Any], small_city: dict[str, Any]) -> None:
    validator = Draft202012Validator(published, format_checker=Draft202012Validator.FORMAT_CHECKER)

    assert list(_told(validator, small_city)) == []


def test_editors_may_read_the_shipped_files_with_any_yaml_parser() -> None:
    for slug in (*shipped.CITIES, shipped.PLATFORM):
        assert yaml.safe_load(shipped.text(slug))["identity"]["slug"] == slug


def _told(validator: Draft202012Validator, document: Any) -> Iterator[str]:
    for error in validator.iter_errors(document):
        yield f"{error.json_path}: {error.message}"
