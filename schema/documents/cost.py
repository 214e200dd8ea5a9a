"""Static cost: the most an operation can cost, known before it runs (docs/api.md, Limits).

The plan of an operation depends on its document and on the variables of @include and @skip; it is made once and then
only evaluated with the page sizes of each request.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLSchema, OperationDefinitionNode, SelectionSetNode, VariableNode

from schema.documents.memory import Checked
from schema.documents.plans import Cost, Part
from schema.documents.pricing import Pricing
from schema.planner.selection import Selector

__all__ = ["Cost", "Costs"]

KEPT_OPERATIONS = 512
KEPT_PLANS = 8
_CONDITIONAL = ("include", "skip")


@dataclass(frozen=True, slots=True)
class _Priced:
    """An operation seen. conditions: the variables that decide what it includes. plans: by the values of these."""

    conditions: tuple[str, ...]
    plans: dict[tuple[Any, ...], Part] = field(default_factory=dict)


class Costs:
    """Knows the cost of operations of one schema; remembers the plans of the latest KEPT_OPERATIONS."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._priced: OrderedDict[tuple[str, str | None], _Priced] = OrderedDict()

    def of(self, checked: Checked, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Cost:
        """The cost with coerced variables. Errors: GraphQLError BAD_USER_INPUT for a condition that is null."""
        key = (checked.text, operation.name.value if operation.name else None)
        priced = self._priced.get(key)
        if priced is None:
            priced = self._remember(key, _Priced(_conditions(checked)))
        else:
            self._priced.move_to_end(key)
        values = tuple(variables.get(name) for name in priced.conditions)
        plan = priced.plans.get(values)
        if plan is None:
            plan = self._plan(checked, operation, dict(zip(priced.conditions, values, strict=True)))
            if len(priced.plans) >= KEPT_PLANS:
                priced.plans.clear()
            priced.plans[values] = plan
        objects, nodes, surcharge = plan.total(variables)
        return Cost(requested=objects + surcharge, nodes=nodes, objects=objects)

    def _plan(self, checked: Checked, operation: OperationDefinitionNode, conditions: Mapping[str, Any]) -> Part:
        selector = Selector(self._schema, checked.fragments, conditions)
        return Pricing(self._schema, selector).operation(operation)

    def _remember(self, key: tuple[str, str | None], priced: _Priced) -> _Priced:
        self._priced[key] = priced
        if len(self._priced) > KEPT_OPERATIONS:
            self._priced.popitem(last=False)
        return priced


def _conditions(checked: Checked) -> tuple[str, ...]:
    """The variables of @include and @skip anywhere in the document, by name."""
    definitions = (*checked.operations, *checked.fragments.values())
    return tuple(sorted({name for definition in definitions for name in _conditions_in(definition.selection_set)}))


def _conditions_in(selections: SelectionSetNode) -> Iterator[str]:
    waiting = [selections]
    while waiting:
        for selection in waiting.pop().selections:
            for directive in selection.directives or ():
                if directive.name.value in _CONDITIONAL:
                    values = (argument.value for argument in directive.arguments or ())
                    yield from (value.name.value for value in values if isinstance(value, VariableNode))
            if (inner := getattr(selection, "selection_set", None)) is not None:
                waiting.append(inner)
