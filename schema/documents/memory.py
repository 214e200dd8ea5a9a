"""The memory of documents seen: measuring and validating a document takes longer than most answers.

A text is parsed, measured and validated once per process; another client plan then only compares its figures. Of
documents with faults the faults are remembered, not the syntax tree, so that a flood of them costs little memory.
"""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    validate,
)
from graphql.validation.validate import ValidationAbortedError

from schema.aside import aside
from schema.documents.introspection import Fragments, introspects_beside_data, introspects_too_much
from schema.documents.limits import MAX_INTROSPECTED, MAX_INTROSPECTED_BESIDE_DATA, MAX_LINES, MAX_TEXT, Limits
from schema.documents.measures import Measures, measure
from schema.documents.refusals import BESIDE_DATA, beyond, too_complex
from schema.documents.rules import MAX_ERRORS, MAX_WORK, RULES
from schema.faults import RequestFault
from schema.unspoken import without_values

KEPT_DOCUMENTS = 512
KEPT_BYTES = 16_000_000
_BYTES_PER_TOKEN = 1_000
_BYTES_ALWAYS = 2_000
_LONGEST_MESSAGE = 400
_MOST_LOCATIONS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """A document with its verdict, the same object as long as it is remembered.

    errors: each has a code; with any of them nothing may be executed.

    document: None when there are errors. fragments: by name.
    """

    text: str
    document: DocumentNode | None = None
    errors: tuple[GraphQLError, ...] = ()
    fragments: Mapping[str, FragmentDefinitionNode] = field(default_factory=dict)
    operations: tuple[OperationDefinitionNode, ...] = ()

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to execute (GraphQL 6.1). Errors: BAD_USER_INPUT when the name is of none, or missing."""
        if name is None:
            if len(self.operations) == 1:
                return self.operations[0]
            raise RequestFault("The document holds several operations: name one in 'operationName'.")
        for operation in self.operations:
            if operation.name is not None and operation.name.value == name:
                return operation
        raise RequestFault("The document has no operation of the name in 'operationName'.")


@dataclass(slots=True)
class _Known:
    """What was found out about a text: the verdict for each plan's limits, and what is the same for all of them."""

    verdicts: dict[Limits, Checked] = field(default_factory=dict)
    measures: Measures | None = None
    validated: Checked | None = None
    weight: int = 0


class Documents:
    """Checks documents against one schema; remembers the latest KEPT_DOCUMENTS of them, of about KEPT_BYTES at most."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._weight = 0
        self._checking = asyncio.Lock()

    def check(self, text: str, limits: Limits) -> Checked:
        """The document of a text, or the errors that say why it may not be executed. Never raises.

        Codes: QUERY_TOO_COMPLEX beyond a limit, GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED.
        """
        found = self._found(text, limits)
        if found is None:
            known = self._known.get(text) or _Known()
            found = self._remember(text, known, limits, self._verdict(text, limits, known))
        return found

    async def checked(self, text: str, limits: Limits) -> Checked:
        """The same without keeping the event loop: a document never seen before is checked beside it."""
        found = self._found(text, limits)
        if found is not None:
            return found
        async with self._checking:
            found = self._found(text, limits)  # who waited may find that it was checked meanwhile
            if found is None:
                known = self._known.get(text) or _Known()
                verdict = await aside(lambda: self._verdict(text, limits, known))
                found = self._remember(text, known, limits, verdict)
        return found

    def _found(self, text: str, limits: Limits) -> Checked | None:
        """What is known, or is known without reading the text."""
        known = self._known.get(text)
        if known is not None and (found := known.verdicts.get(limits)) is not None:
            self._known.move_to_end(text)
            return found
        error = _too_long(text)
        return None if error is None else Checked(text, errors=(error,))

    def _verdict(self, text: str, limits: Limits, known: _Known) -> Checked:
        if known.validated is not None and known.measures is not None:
            error = beyond(known.measures, limits)
            return known.validated if error is None else Checked(text, errors=(error,))
        document = _parsed(text, limits)
        if isinstance(document, GraphQLError):
            return Checked(text, errors=(document,))
        measures = measure(document)
        error = beyond(measures, limits)
        if error is not None:
            return Checked(text, errors=(error,))
        known.measures = measures
        known.validated = self._validated(text, document)
        return known.validated

    def _validated(self, text: str, document: DocumentNode) -> Checked:
        errors = validate(self._schema, document, RULES, max_errors=MAX_ERRORS, hide_suggestions=True)
        if errors:
            return Checked(text, errors=tuple(_fault(error) for error in errors))
        definitions = document.definitions
        fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
        operations = tuple(each for each in definitions if isinstance(each, OperationDefinitionNode))
        if (error := self._over_introspected(operations, fragments)) is not None:
            return Checked(text, errors=(error,))
        return Checked(text, document, fragments=fragments, operations=operations)

    def _over_introspected(
        self, operations: tuple[OperationDefinitionNode, ...], fragments: Fragments
    ) -> GraphQLError | None:
        """Beside data the schema is asked on the event loop, by itself it is not (``schema.documents.described``)."""
        beside = any(introspects_beside_data(operation, fragments) for operation in operations)
        most = MAX_INTROSPECTED_BESIDE_DATA if beside else MAX_INTROSPECTED
        if not introspects_too_much(self._schema, operations, fragments, most):
            return None
        return too_complex("introspected", most, BESIDE_DATA if beside else None)

    def _remember(self, text: str, known: _Known, limits: Limits, verdict: Checked) -> Checked:
        known.verdicts[limits] = verdict
        self._weight -= known.weight
        tokens = known.measures.tokens if known.validated and known.validated.document and known.measures else 0
        known.weight = _BYTES_ALWAYS + sys.getsizeof(text) + tokens * _BYTES_PER_TOKEN
        self._weight += known.weight
        self._known[text] = known
        self._known.move_to_end(text)
        while len(self._known) > KEPT_DOCUMENTS or self._weight > KEPT_BYTES:
            _, forgotten = self._known.popitem(last=False)
            self._weight -= forgotten.weight
        return verdict


def _too_long(text: str) -> GraphQLError | None:
    """Whoever counts lines for an error's place reads all of the text, so lines have a limit of their own."""
    if len(text) > MAX_TEXT:
        return too_complex("text", MAX_TEXT)
    if text.count("\n") + text.count("\r") > MAX_LINES:
        return too_complex("lines", MAX_LINES)
    return None


def _parsed(text: str, limits: Limits) -> DocumentNode | GraphQLError:
    try:
        return parse(text, max_tokens=limits.tokens)
    except GraphQLSyntaxError as error:
        if error.message.endswith(" tokens. Parsing aborted."):
            return too_complex("tokens", limits.tokens)
        return _told(error, "GRAPHQL_PARSE_FAILED")


def _fault(error: GraphQLError) -> GraphQLError:
    if isinstance(error, ValidationAbortedError) and not error.message.startswith("Too many"):
        return too_complex("work", MAX_WORK)
    return _told(error, "GRAPHQL_VALIDATION_FAILED")


def _told(error: GraphQLError, code: str) -> GraphQLError:
    """The same error as it may be sent and kept: coded, of bounded length, in text that UTF-8 has, without the tree.

    Where it lies stays known in line and column, which hold no tree.
    """
    error.message = without_values(error.message)
    if len(error.message) > _LONGEST_MESSAGE:
        error.message = error.message[:_LONGEST_MESSAGE] + "..."
    error.message = error.message.encode("utf-8", "replace").decode("utf-8")
    error.extensions = {"code": code}
    error.nodes = error.source = error.positions = error.original_error = error.cause = None
    error.locations = error.locations and error.locations[:_MOST_LOCATIONS]
    return error.with_traceback(None)
