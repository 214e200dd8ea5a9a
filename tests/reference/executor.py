"""Answers operations with graphql-core's own executor over a city's rows in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLResolveInfo,
    execute,
    get_named_type,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution import get_variable_values

from tests.reference.asking import Asking, Path, Place, Thing
from tests.reference.charts import count_by
from tests.reference.fields import FIELDS
from tests.reference.pages import Connected
from tests.reference.refusals import check
from tests.reference.schema import read_schema

Info = GraphQLResolveInfo[Asking]
Fault = tuple[str, Path]


@dataclass(frozen=True, slots=True)
class Operation:
    """A request: the text of a document, variables as JSON, and which of its operations is meant."""

    document: str
    variables: Mapping[str, Any]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What the product should answer. loose: what only its kind decides (cursors, seconds left), by path.

    data is None for null as well as for none. faults: the (code, path) of each error.
    """

    data: Any
    faults: frozenset[Fault]
    loose: Mapping[Path, str]


def answer(asking: Asking, operation: Operation) -> Expected:
    """The answer to an operation, by the specification's letter."""
    schema = read_schema()
    document = parse(operation.document)
    if validate(schema, document):
        return Expected(None, frozenset({("GRAPHQL_VALIDATION_FAILED", ())}), {})
    chosen = get_operation_ast(document, operation.name)
    if chosen is None:
        return Expected(None, frozenset({("BAD_USER_INPUT", ())}), {})
    definitions = chosen.variable_definitions or ()
    if isinstance(get_variable_values(schema, definitions, dict(operation.variables)), list):
        return Expected(None, frozenset({("BAD_USER_INPUT", ())}), {})
    asked = replace(asking, loose={})
    result = execute(
        schema,
        document,
        context_value=asked,
        variable_values=dict(operation.variables),
        operation_name=operation.name,
        field_resolver=_resolve,
        type_resolver=_type_of,
    )
    assert isinstance(result, ExecutionResult)
    return Expected(result.data, frozenset(_fault(error) for error in result.errors or ()), asked.loose)


def _resolve(source: Any, info: Info, **args: Any) -> Any:
    asking: Asking = info.context
    if info.parent_type.name == "Viewer" and info.field_name in {"member", "resident"}:
        if getattr(asking.me, info.field_name) is None:
            return None
        check(asking, info)
    if info.parent_type.name == "Query" and info.field_name != "viewer":
        check(asking, info)
    return _written(_value(source, info, args), info, asking)


def _value(source: Any, info: Info, args: dict[str, Any]) -> Any:
    parent, name = info.parent_type, info.field_name
    if isinstance(source, Connected) and name == "countBy":
        return count_by(info.context, source.rows, get_named_type(parent.fields[name].args["key"].type).name, args)
    if isinstance(source, Connected):
        return source.parts[name]
    if isinstance(source, Mapping):  # a part of a connection
        return source[name]
    row = source.row if isinstance(source, Thing) else {}
    return FIELDS[parent.name][name](info.context, row, {**args, "field": f"{parent.name}.{name}"})


def _written(value: Any, info: Info, asking: Asking) -> Any:
    """The value as its scalar is written; cursors and seconds are noted, for they are compared by kind."""
    path = tuple(info.path.as_list())
    if isinstance(value, Place):
        asking.loose[path] = "cursor"
        return f"{value.field} {value.order} {value.values or value.id}"
    if info.field_name == "remainingSeconds" and value is not None:
        asking.loose[path] = "seconds"
    if info.parent_type.name == "Attachment" and info.field_name in {"url", "thumbnailUrl"}:
        asking.loose[path] = "link"
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def instant(value: datetime) -> str:
    """As PostgreSQL writes instants into JSON: the fraction without zeros at its end, and none if it is zero."""
    text = value.isoformat()
    if value.microsecond:
        whole, offset = text[:-6], text[-6:]
        return whole.rstrip("0") + offset
    return text


def _type_of(value: Any, _info: Info, _type: GraphQLAbstractType) -> str:
    return str(value.type)


def _fault(error: GraphQLError) -> Fault:
    original = error.original_error
    if original is not None and not isinstance(original, GraphQLError):
        raise original
    return str((error.extensions or {})["code"]), tuple(error.path or ())
