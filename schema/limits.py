"""Limits on a document, and the memory of documents seen: parsing and validating take longer than most answers.

A document is parsed and validated once per process; the same text is not looked at again while it is remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import ASTValidationRule, DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode, specified_rules
from strawberry.extensions import SchemaExtension
from strawberry.extensions.max_aliases import create_validator as aliases_at_most
from strawberry.extensions.query_depth_limiter import create_validator as depth_at_most
from strawberry.schema.schema import validate_document

from schema.errors import coded

MAX_DEPTH = 15
MAX_ALIASES = 30
MAX_TOKENS = 2000
KEPT_DOCUMENTS = 512
_LONGEST_KEPT = 16_384


class ReservedAliases(ASTValidationRule):
    """Aliases do not begin with two underscores: such names are GraphQL's own, and ours within answers."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Look at one field."""
        if node.alias is not None and node.alias.value.startswith("__"):
            self.report_error(GraphQLError("Names that begin with '__' are reserved; choose another alias.", node))


class OneSignIn(ASTValidationRule):
    """A document signs in once: aliases must not turn one request into many guesses at a password."""

    _guesses = 0

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Look at one field."""
        if node.name.value != "signIn":
            return
        self._guesses += 1
        if self._guesses > 1:
            self.report_error(GraphQLError("A request may sign in once.", node))


_RULES = (*specified_rules, depth_at_most(MAX_DEPTH, None), aliases_at_most(MAX_ALIASES), ReservedAliases, OneSignIn)


@dataclass(frozen=True, slots=True)
class _Seen:
    document: DocumentNode
    errors: tuple[GraphQLError, ...]

    @property
    def operations(self) -> int:
        """How many operations the document holds."""
        return sum(isinstance(definition, OperationDefinitionNode) for definition in self.document.definitions)


class Documents(SchemaExtension):
    """Parses and validates operations under the limits, each text once."""

    _seen: OrderedDict[str, _Seen] = OrderedDict()  # noqa: RUF012 - one memory per process is the point

    def on_parse(self) -> Iterator[None]:
        """Take the document from memory, or parse it: at most MAX_TOKENS tokens."""
        context = self.execution_context
        query = context.query or ""
        seen = self._seen.get(query)
        if seen is not None:
            self._seen.move_to_end(query)
            context.graphql_document = seen.document
        else:
            context.parse_options["max_tokens"] = MAX_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        """Take the verdict from memory, or validate: GraphQL's own rules, depth and aliases."""
        context = self.execution_context
        query, document = context.query or "", context.graphql_document
        seen = self._seen.get(query)
        if seen is None and document is not None:
            errors = validate_document(context.schema._schema, document, _RULES)  # noqa: SLF001 - Strawberry's own way
            seen = _Seen(document, tuple(coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors))
            self._remember(query, seen)
        if seen is not None:
            context.pre_execution_errors = list(seen.errors)
            if not seen.errors and seen.operations > 1 and not context._provided_operation_name:  # noqa: SLF001 - no public way
                # Strawberry would run the first one.
                error = GraphQLError("The document holds several operations: name one in 'operationName'.")
                context.pre_execution_errors = [coded(error, "BAD_USER_INPUT")]
        yield

    def _remember(self, query: str, seen: _Seen) -> None:
        if len(query) > _LONGEST_KEPT:
            return
        self._seen[query] = seen
        while len(self._seen) > KEPT_DOCUMENTS:
            self._seen.popitem(last=False)
