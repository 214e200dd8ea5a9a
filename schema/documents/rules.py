"""How a document is validated: GraphQL's own rules, ours, and how much work they may be.

graphql-core meters the two rules whose work grows faster than the document (fields that may overlap, fragments shared
by operations); its allowances are meant to be assigned, and are lowered here to what takes about 20 ms.
"""

from __future__ import annotations

from typing import Any

from graphql import ASTValidationRule, FieldNode, specified_rules
from graphql.validation import validation_context
from graphql.validation.rules import overlapping_fields_can_be_merged
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.faults import RequestFault

MAX_ERRORS = 10
MAX_WORK = 5_000
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = MAX_WORK
validation_context.MAX_FRAGMENT_WORK = 2_000
_INVALID = "GRAPHQL_VALIDATION_FAILED"


class ReservedAliases(ASTValidationRule):
    """Aliases do not begin with two underscores: such names are GraphQL's own, and ours within answers."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Look at one field."""
        if node.alias is not None and node.alias.value.startswith("__"):
            message = "Names that begin with '__' are reserved; choose another alias."
            self.report_error(RequestFault(message, code=_INVALID, nodes=node))


class OneSignIn(ASTValidationRule):
    """A document signs in once: aliases must not turn one request into many guesses at a password."""

    _guesses = 0

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Look at one field."""
        if node.name.value != "signIn":
            return
        self._guesses += 1
        if self._guesses > 1:
            self.report_error(RequestFault("A request may sign in once.", code=_INVALID, nodes=node))


RULES: tuple[type[ASTValidationRule], ...] = (
    *specified_rules,
    MaybeNullValidationRule,
    OneOfInputValidationRule,
    ReservedAliases,
    OneSignIn,
)
