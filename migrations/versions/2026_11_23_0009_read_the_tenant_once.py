"""Policies of tenant tables read the setting once per scan's place in a plan, where the database takes that (ADR 0007).

Step: expand (old code must run on the new schema). A database made from nothing has this form from its first table on.
"""

from __future__ import annotations

from alembic import op

from tenants import rls

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TABLES = """
  for t in select polrelid::regclass from pg_policy join pg_class c on c.oid = polrelid
           where polname = 'tenant_isolation' and c.relnamespace = current_schema()::regnamespace order by c.relname loop
"""


def upgrade() -> None:
    """The functions as they are now, then every table there is."""
    op.execute(rls.ISOLATE)
    op.execute(rls.DISTRIBUTE)
    op.execute(f"do $$ declare t regclass; begin {_TABLES} perform app_isolate(t::text); end loop; end $$")


def downgrade() -> None:
    """The plain comparison on every table, which any database takes. The functions stay: they serve both forms."""
    plain = f"alter policy tenant_isolation on %s using ({rls.PLAIN}) with check ({rls.PLAIN})"
    op.execute(
        f"do $$ declare t regclass; begin {_TABLES} execute format($own${plain}$own$, t); end loop; end $$",
    )
