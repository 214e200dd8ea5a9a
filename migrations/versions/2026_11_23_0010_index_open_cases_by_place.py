"""An index for the open cases of a part of the tree: counted at every node of it (`Organization.cases`).

Step: expand (old code must run on the new schema). The status is included, so that the index alone can count.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_case_tenant_id_open_path",
        "case",
        ["tenant_id", "path", sa.text("reported_at desc"), sa.text("id desc")],
        postgresql_where=sa.text("resolved_at is null"),
        postgresql_include=["status"],
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
