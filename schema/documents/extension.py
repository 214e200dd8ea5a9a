"""Gives Strawberry's executor the document that was admitted, so that nothing is parsed or validated twice."""

from __future__ import annotations

from collections.abc import Iterator

from strawberry.extensions import SchemaExtension

from schema.context import Context


class AdmittedDocument(SchemaExtension):
    """Stands in for parsing and validating."""

    def on_parse(self) -> Iterator[None]:
        """Take the document from the context."""
        context: Context = self.execution_context.context
        self.execution_context.graphql_document = context.require_checked().document
        yield

    def on_validate(self) -> Iterator[None]:
        """It was valid when it was admitted."""
        self.execution_context.pre_execution_errors = []
        yield
