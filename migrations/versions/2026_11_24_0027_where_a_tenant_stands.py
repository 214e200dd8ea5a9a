"""Let a tenant stand at more places of its life than in service and suspended.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen what the status may say."""
    op.widen_words("tenant", "status", ("PREPARING", "ACTIVE", "SUSPENDED", "LEAVING", "DELETED"))


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
