"""Alembic's entry point: runs revisions on the connection that ``migrations.runner`` hands over."""

from __future__ import annotations

from alembic import context

import migrations.operations  # noqa: F401 - registers op.create_tenant_table and op.enable_tenant_rls
from migrations.metadata import metadata


def _run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is None:
        context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
    else:
        context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


_run()
