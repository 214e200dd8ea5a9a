"""Indexes for the orders clients may ask for: cases by deadline and by change, grids by kind.

Step: expand (old code must run on the new schema). The index on the deadline alone goes: the new one begins with it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes, then drop the one they replace."""
    op.create_index("ix_case_tenant_id_due_at_id", "case", ["tenant_id", "due_at", "id"])
    op.create_index(
        "ix_case_tenant_id_changed_at",
        "case",
        ["tenant_id", sa.text("changed_at desc"), sa.text("id desc")],
    )
    op.create_index(
        "ix_grid_tenant_id_kind_households",
        "grid",
        ["tenant_id", "kind", sa.text("households desc"), sa.text("id desc")],
    )
    op.drop_index("ix_case_tenant_id_due_at", "case")


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
