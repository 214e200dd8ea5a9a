"""One operation from request to answer, whatever transport it came by: admitted under limits and budget, then executed.

A request is looked at in the order of what it costs to look: its text, its document (remembered), its variables, its
cost, its budget. Only then does anything run.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson
from graphql import GraphQLError, OperationDefinitionNode, OperationType, get_variable_values
from strawberry import Schema

from schema.access import uses
from schema.context import Context
from schema.documents.asked import Asked
from schema.documents.cost import Cost, Costs
from schema.documents.described import Descriptions
from schema.documents.introspection import only_introspects
from schema.documents.limits import LIMITS
from schema.documents.memory import Checked, Documents
from schema.documents.register import refuse_introspection, text_of
from schema.documents.variables import bounded
from schema.errors import request_error
from schema.faults import RequestFault
from schema.planner import direct
from schema.planner.arguments import shape
from schema.planner.reads import Wanted
from schema.spending import Spending, too_costly, wait

_STOPPED = "QUERY_TIMEOUT"
# How JSON objects begin, in PostgreSQL's words and in orjson's. Text may hold the second: then a little too much counts.
_OBJECT, _EMPTY = b'{"', b"{}"


class Outcome(Enum):
    """What became of a request. REFUSED: nothing was executed, because of a fault in the request."""

    DONE = "DONE"
    REFUSED = "REFUSED"
    THROTTLED = "THROTTLED"
    NOT_BY_GET = "NOT_BY_GET"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response body (JSON). retry_after: seconds until the budget may suffice, for THROTTLED."""

    body: bytes
    outcome: Outcome = Outcome.DONE
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The parts of an answer; ``data`` is JSON, or None when there is none to tell of."""

    data: bytes | None
    errors: list[GraphQLError]
    extensions: dict[str, Any]


class Refused(Exception):
    """A request that is not executed; each error has its code."""

    def __init__(
        self,
        errors: list[GraphQLError],
        outcome: Outcome = Outcome.REFUSED,
        *,
        spending: Spending | None = None,
    ) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
        self.outcome = outcome
        self.spending = spending


@dataclass(frozen=True, slots=True)
class Admitted:
    """An operation that may run: checked, its variables coerced, its cost taken from the budget."""

    checked: Checked
    operation: OperationDefinitionNode
    variables: dict[str, Any]
    asked: Asked
    cost: Cost
    spending: Spending


class Operations:
    """Admits and executes the operations of one schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._core = schema._schema  # noqa: SLF001 - Strawberry's own way to graphql-core's schema
        self._documents = Documents(self._core)
        self._costs = Costs(self._core)
        self._descriptions = Descriptions(self._core)

    async def run(self, context: Context, asked: Asked) -> Answer:
        """The answer to a query or mutation. Never raises for anything a client can send."""
        try:
            admitted = await self.admit(context, asked)
        except Refused as refusal:
            return _refusal(refusal)
        if admitted.operation.operation is OperationType.SUBSCRIPTION:
            admitted.spending.give_back(admitted.spending.requested)
            fault = RequestFault("Subscriptions are served over WebSocket, not over HTTP.")
            return _refusal(Refused([request_error(fault, context.language)]))
        result = await self.execute(context, admitted)
        parts = [b'{"data":', result.data or b"null"]
        if result.errors:
            parts += [b',"errors":', orjson.dumps([error.formatted for error in result.errors])]
        parts += [b',"extensions":', orjson.dumps(result.extensions), b"}"]
        return Answer(b"".join(parts))

    async def admit(self, context: Context, asked: Asked) -> Admitted:
        """Check a request against limits and budget, without running anything. Errors: Refused."""
        language = context.language
        try:
            limits = LIMITS[context.client.plan]
            checked = await self._documents.checked(await text_of(context, asked), limits)
            if checked.errors:
                raise Refused([request_error(error, language) for error in checked.errors])
            operation = checked.operation(asked.operation_name)
            refuse_introspection(context, checked, operation)
            if asked.read_only and operation.operation is not OperationType.QUERY:
                fault = RequestFault(
                    "Only queries may be sent with GET; send this with POST.", code="METHOD_NOT_ALLOWED"
                )
                raise Refused([request_error(fault, language)], Outcome.NOT_BY_GET)
            variables = self._coerced(operation, asked.variables or {}, language)
            cost = self._costs.of(checked, operation, variables)
            if (error := too_costly(cost, limits)) is not None:
                raise Refused([request_error(error, language)])
        except GraphQLError as error:
            raise Refused([request_error(error, language)]) from error
        spending = await Spending.open(context, cost)
        if not spending.granted:
            refusal = request_error(spending.refusal(), language)
            raise Refused([refusal], Outcome.THROTTLED, spending=spending)
        await uses.note(context, operation, checked.fragments)
        return Admitted(checked, operation, variables, asked, cost, spending)

    async def execute(self, context: Context, admitted: Admitted) -> Result:
        """Run an admitted query or mutation; what it did not use of its cost is given back.

        A query that is stopped, by its client's leaving or by the database for its time, has used all of it.
        """
        spending = admitted.spending
        begun = False
        try:
            async with spending.turn():
                begun = True
                data, errors = await self._execute(context, admitted)
        except BaseException:
            # Who leaves in the middle, again and again, would else have the database work for nothing.
            spending.give_back(0 if begun else spending.requested)
            raise
        if not any((error.extensions or {}).get("code") == _STOPPED for error in errors):
            found = 0 if data is None else data.count(_OBJECT) + data.count(_EMPTY)
            spending.give_back(max(0, admitted.cost.objects - found))
        return Result(data, errors, {"cost": spending.told()})

    async def _execute(self, context: Context, admitted: Admitted) -> tuple[bytes | None, list[GraphQLError]]:
        checked, operation, variables = admitted.checked, admitted.operation, admitted.variables
        try:
            fields = direct.roots(self._core, checked, operation, variables)
        except GraphQLError as error:
            return None, [request_error(error, context.language)]
        if fields is None or self._core.query_type is None:
            return await self._executed(context, admitted)
        shared = Wanted(self._core, checked, operation, variables, shape(variables), self._core.query_type, [], ())
        answered = await direct.answer(context, shared, fields)
        if answered.data is None:
            return None, answered.errors
        members = [orjson.dumps(key) + b":" + text for key, text in answered.data.items()]
        return b"{" + b",".join(members) + b"}", answered.errors

    async def _executed(self, context: Context, admitted: Admitted) -> tuple[bytes | None, list[GraphQLError]]:
        """The usual way, through graphql-core's executor: mutations, introspection, fields that no table stands behind."""
        checked, operation = admitted.checked, admitted.operation
        if only_introspects(operation, checked.fragments):
            data, faults = await self._descriptions.answer(checked, operation, admitted.variables)
            return data, [request_error(error, context.language) for error in faults]
        result = await self._schema.execute(
            checked.text,
            variable_values=admitted.asked.variables,
            context_value=dataclasses.replace(context, checked=checked),
            operation_name=admitted.asked.operation_name,
        )
        errors = [request_error(error, context.language) for error in result.errors or ()]
        return None if result.data is None else orjson.dumps(result.data), errors

    def _coerced(self, operation: OperationDefinitionNode, given: dict[str, Any], language: str) -> dict[str, Any]:
        bounded(given)
        values = get_variable_values(
            self._core, list(operation.variable_definitions or ()), given, max_errors=10, hide_suggestions=True
        )
        if isinstance(values, list):
            raise Refused([request_error(error, language) for error in values])
        return dict(values.coerced)


def _refusal(refusal: Refused) -> Answer:
    body: dict[str, Any] = {"errors": [error.formatted for error in refusal.errors]}
    retry_after = None
    if refusal.spending is not None:
        body["extensions"] = {"cost": refusal.spending.told()}
        retry_after = refusal.spending.retry_after
    return Answer(orjson.dumps(body), refusal.outcome, retry_after)


def held_back(seconds: float, language: str) -> Answer:
    """The answer to somebody who asks on before the time that was stated; what is asked was not looked at."""
    error = request_error(wait(seconds), language)
    return Answer(orjson.dumps({"errors": [error.formatted]}), Outcome.THROTTLED, seconds)
