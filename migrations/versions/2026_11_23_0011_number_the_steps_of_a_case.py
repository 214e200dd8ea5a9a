"""Steps of a case by their number in its own history, which clients see instead of the city-wide one.

Step: expand (old code must run on the new schema; it sorts the few steps of a case). The index by the number in the
city's log goes: the new one begins with the same columns.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the constraint, whose index serves the order, then drop the index that it replaces."""
    op.create_unique_constraint(
        "uq_case_event_tenant_id_case_id_version",
        "case_event",
        ["tenant_id", "case_id", "version"],
    )
    op.drop_index("ix_case_event_tenant_id_case_id_seq", "case_event")


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
