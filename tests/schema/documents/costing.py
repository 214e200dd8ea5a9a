"""Costs of documents in tests, as a request would have them."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLSchema, get_variable_values

from schema.documents.cost import Cost, Costs
from schema.documents.limits import LIMITS
from schema.documents.memory import Checked, Documents
from schema.root import schema


def core() -> GraphQLSchema:
    """The schema of the API."""
    return schema()._schema


def cost(text: str, *, costs: Costs | None = None, operation: str | None = None, **variables: Any) -> Cost:
    """The cost of a valid operation with these variables."""
    checked = valid(text)
    chosen = checked.operation(operation)
    values = get_variable_values(core(), list(chosen.variable_definitions or ()), variables)
    assert not isinstance(values, list), values
    return (costs or Costs(core())).of(checked, chosen, dict(values.coerced))


def valid(text: str) -> Checked:
    """The document, which must be valid."""
    checked = Documents(core()).check(text, LIMITS["extended"])
    assert checked.errors == ()
    return checked
