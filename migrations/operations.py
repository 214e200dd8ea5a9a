"""``op.enable_tenant_rls(table)``: the one way a tenant table comes under row security.

``op.widen_words(table, column, words)`` lets a column hold more words than before.

Each tenant table is made in this order (citus.md rule 24): CREATE TABLE without foreign keys, ``app_distribute``,
named foreign keys, then this operation. ``op.create_tenant_table`` does all four.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic.operations import MigrateOperation, Operations

from tenants import rls


@Operations.register_operation("enable_tenant_rls")
class EnableTenantRls(MigrateOperation):
    """Row security, policy and grants for one table."""

    def __init__(
        self,
        table: str,
        *,
        append_only: bool = False,
        operator_lists: bool = False,
        configuration: bool = False,
    ) -> None:
        self.table = table
        self.append_only = append_only
        self.operator_lists = operator_lists
        self.configuration = configuration

    @classmethod
    def enable_tenant_rls(
        cls,
        operations: Operations,
        table: str,
        *,
        append_only: bool = False,
        operator_lists: bool = False,
        configuration: bool = False,
    ) -> None:
        """Put a table under row security.

        append_only takes UPDATE and DELETE away from app and operator, configuration every write from app.
        """
        operations.invoke(
            cls(table, append_only=append_only, operator_lists=operator_lists, configuration=configuration),
        )

    def reverse(self) -> MigrateOperation:
        """A table's policies go with the table; there is nothing to take back alone."""
        message = "row security is never taken off a tenant table"
        raise NotImplementedError(message)


@Operations.implementation_for(EnableTenantRls)
def _enable_tenant_rls(operations: Operations, operation: EnableTenantRls) -> None:
    statements = list(rls.enable_statements(operation.table))
    if operation.append_only:
        statements.extend(rls.append_only_statements(operation.table))
    if operation.configuration:
        statements.extend(rls.configuration_statements(operation.table))
    if operation.operator_lists:
        statements.extend(rls.operator_lists(operation.table))
    for statement in statements:
        operations.execute(statement)


@Operations.register_operation("create_tenant_table")
class CreateTenantTable(MigrateOperation):
    """A tenant table with its keys, distributed when Citus is there, under row security."""

    def __init__(self, name: str, *elements: Any, references: Sequence[tuple[str, str]], **options: Any) -> None:
        self.name = name
        self.elements = elements
        self.references = references
        self.options = options

    @classmethod
    def create_tenant_table(
        cls,
        operations: Operations,
        name: str,
        *elements: Any,
        references: Sequence[tuple[str, str]] = (),
        append_only: bool = False,
        operator_lists: bool = False,
        configuration: bool = False,
    ) -> None:
        """Create ``name`` with ``tenant_id`` first; ``references`` are (column, tenant table) pairs.

        A reference with a trailing ``!`` after the table cascades its deletion.
        """
        operations.invoke(
            cls(
                name,
                *elements,
                references=references,
                append_only=append_only,
                operator_lists=operator_lists,
                configuration=configuration,
            ),
        )

    def reverse(self) -> MigrateOperation:
        """Revisions are only ever added to."""
        message = "tenant tables are dropped by an explicit revision"
        raise NotImplementedError(message)


@Operations.implementation_for(CreateTenantTable)
def _create_tenant_table(operations: Operations, operation: CreateTenantTable) -> None:
    name = operation.name
    operations.create_table(name, sa.Column("tenant_id", sa.Uuid(), nullable=False), *operation.elements)
    operations.execute(f"select app_distribute('{name}')")
    operations.create_foreign_key(f"fk_{name}_tenant_id", name, "tenant", ["tenant_id"], ["id"])
    for column, target in operation.references:
        operations.create_foreign_key(
            f"fk_{name}_tenant_id_{column}",
            name,
            target.removesuffix("!"),
            ["tenant_id", column],
            ["tenant_id", "id"],
            ondelete="CASCADE" if target.endswith("!") else None,
        )
    operations.invoke(EnableTenantRls(name, **operation.options))


@Operations.register_operation("widen_words")
class WidenWords(MigrateOperation):
    """The CHECK of an enumeration, with more words than before."""

    def __init__(self, table: str, column: str, words: Sequence[str]) -> None:
        self.table = table
        self.column = column
        self.words = words

    @classmethod
    def widen_words(cls, operations: Operations, table: str, column: str, words: Sequence[str]) -> None:
        """Let ``column`` hold ``words``, all of those it could hold before among them: the release before runs on."""
        operations.invoke(cls(table, column, words))

    def reverse(self) -> MigrateOperation:
        """Revisions are only ever added to."""
        message = "words are never taken away: rows may hold them"
        raise NotImplementedError(message)


@Operations.implementation_for(WidenWords)
def _widen_words(operations: Operations, operation: WidenWords) -> None:
    name = f"ck_{operation.table}_{operation.column}"
    # What it guaranteed, the next statement guarantees again.
    operations.execute(f'-- squawk-ignore ban-drop-constraint\nalter table "{operation.table}" drop constraint {name}')
    words = ", ".join(f"'{word}'" for word in operation.words)
    operations.create_check_constraint(operations.f(name), operation.table, f"{operation.column} in ({words})")
