"""The part of the committed schema that the reference answers, and what of it the reference does not know yet.

Left out: configuration (``tenant``, ``tenants``), figures (``dashboard``), health data and sealed matters (reading
them is logged, and they are encrypted), the audit trail (which grows with what is refused meanwhile), what strangers
read of a city they name, and everything that writes or streams.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    Visitor,
    build_ast_schema,
    get_named_type,
    parse,
    visit,
)

from tests.reference.charts import KEYS
from tests.reference.fields import FIELDS
from tests.reference.filters import FILTERS, WITHIN
from tests.reference.orders import ORDERS

SDL = Path(__file__).parents[2] / "schema" / "schema.graphql"
LEFT_OUT = {
    "aboutMe",
    "auditEntries",
    "explainAccess",
    "previewRoleChange",
    "supportAccesses",
    "caseByTrackingCode",
    "caseCategories",
    "dashboard",
    "simulateEscalation",
    "healthCheckEligibility",
    "healthCheckPolicies",
    "healthRecord",
    "myHealthAccessLog",
    "cooperationZones",
    "sealedCase",
    "sealedCases",
    "suggestDuplicates",
    "publishedCase",
    "publishedCases",
    "tenant",
    "tenants",
    "trackSealed",
}
_UNREAD = {
    "AboutMe",
    "AccessLog",
    "AuditEntry",
    "HealthCheck",
    "HealthCheckPolicy",
    "HealthRecord",
    "CooperationZone",
    "SealedAccess",
    "SignInSession",
    "SealedAllegation",
    "SealedCase",
    "SealedEvent",
    "SupportAccess",
    "ZoneMember",
    "ZoneRule",
}  # nodes, so that nothing else keeps them out
_CONNECTION = {"nodes", "edges", "pageInfo", "totalCount", "countBy"}
_BAR = {"key", "label", "count"}
_PAGE_INFO = {"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"}
_ARGUMENTS = {"first", "after", "last", "before", "filter", "orderBy"}


@cache
def read_schema(roots: tuple[str, ...] = ()) -> GraphQLSchema:
    """The schema without what is left out; with these root fields only, if any are named."""
    document = _parsed(SDL)
    definitions = {found.name.value: _pruned(found, roots) for found in document.definitions if hasattr(found, "name")}
    kept = _reached("Query", {name: found for name, found in definitions.items() if name not in _UNREAD}, set())
    schema = build_ast_schema(DocumentNode(definitions=tuple(definitions[name] for name in sorted(kept))))
    for name, parse_value in {"Date": date.fromisoformat, "DateTime": datetime.fromisoformat}.items():
        scalar = schema.type_map.get(name)
        if isinstance(scalar, GraphQLScalarType):
            scalar.parse_value = scalar.coerce_input_value = parse_value  # type: ignore[assignment]  # texts only
    return schema


@cache
def _parsed(path: Path) -> DocumentNode:
    return parse(path.read_text(encoding="utf-8"), no_location=True)


def unknown() -> list[str]:
    """Every word of the schema that the reference has no meaning for: fields, arguments, filters, orders."""
    return sorted(_unknown(read_schema()))


def _unknown(schema: GraphQLSchema) -> Iterator[str]:
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(type_, GraphQLInputObjectType):
            known_words = {**FILTERS.get(name, {}), **WITHIN.get(name, {})}
            yield from (f"{name}.{word}" for word in type_.fields if word not in known_words)
        if isinstance(type_, GraphQLEnumType) and name.endswith("Key"):
            yield from (f"{name}.{word}" for word in type_.values if word not in KEYS.get(name, {}))
        if not isinstance(type_, GraphQLObjectType):
            continue
        known = FIELDS.get(name) or _known_parts(name)
        for field, definition in type_.fields.items():
            if field not in known:
                yield f"{name}.{field}"
            if not get_named_type(definition.type).name.endswith("Connection"):
                continue
            yield from (f"{name}.{field}({argument})" for argument in definition.args if argument not in _ARGUMENTS)
            order = get_named_type(definition.args["orderBy"].type) if "orderBy" in definition.args else None
            if isinstance(order, GraphQLEnumType):
                rows = get_named_type(definition.type).name.removesuffix("Connection")
                yield from (f"{order.name}.{word}" for word in order.values if word not in ORDERS.get(rows, {}))


def _known_parts(name: str) -> set[str]:
    if name.endswith("Connection"):
        return _CONNECTION
    if name.endswith("Count"):
        return _BAR | ({"minutes"} if name == "HourCount" else set())
    return {"cursor", "node"} if name.endswith("Edge") else _PAGE_INFO if name == "PageInfo" else set()


def _reached(name: str, definitions: Mapping[str, Any], seen: set[str]) -> set[str]:
    """The names of everything that a definition needs, and of everything that implements what it needs."""
    if name in seen or name not in definitions:
        return seen
    seen.add(name)
    visitor = _Names()
    visit(definitions[name], visitor)
    implementing = {
        other
        for other, found in definitions.items()
        if name in {interface.name.value for interface in getattr(found, "interfaces", None) or ()}
    }
    for other in visitor.found | implementing:
        _reached(other, definitions, seen)
    return seen


LEFT_OUT_OF_VIEWER = {
    "cities": "read in the platform's own tenant, not in the city",
    "sessions": "the callers' own begin after the city was read into memory",
}


class _Names(Visitor):
    """Collects the names of types that a definition mentions."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_named_type(self, node: NamedTypeNode, *_rest: Any) -> None:
        self.found.add(node.name.value)


def _pruned(definition: Any, roots: tuple[str, ...]) -> Any:
    """Query and Viewer without the fields that are left out; everything else as it is."""
    if isinstance(definition, ObjectTypeDefinitionNode) and definition.name.value == "Viewer":
        kept = tuple(field for field in definition.fields or () if field.name.value not in LEFT_OUT_OF_VIEWER)
        return ObjectTypeDefinitionNode(name=definition.name, fields=kept, interfaces=(), directives=())
    if not isinstance(definition, ObjectTypeDefinitionNode) or definition.name.value != "Query":
        return definition
    names = set(roots) or {field.name.value for field in definition.fields or ()} - LEFT_OUT
    fields = tuple(field for field in definition.fields or () if field.name.value in names)
    return ObjectTypeDefinitionNode(name=definition.name, fields=fields, interfaces=(), directives=())
