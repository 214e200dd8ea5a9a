"""Let open cases take over another template of their track, and count in a run how many did.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_KINDS = (
    "REPORTED",
    "ACCEPTED",
    "REJECTED",
    "TRIAGED",
    "DISPATCHED",
    "CLAIMED",
    "RELEASED",
    "TAKEN_BACK",
    "STARTED",
    "ESCALATED",
    "ESCALATED_OVERDUE",
    "RESOLVED",
    "FEEDBACK_GIVEN",
    "RATED",
    "REOPENED",
    "WITHDRAWN",
    "ARCHIVED",
    "MERGED",
    "APPEALED",
    "SENT_BACK",
    "FEEDBACK_RELAYED",
    "TRACKED",
    "URGED",
    "URGE_ANSWERED",
    "URGE_WAIVED",
    "PROGRESSED",
    "EXPLAINED",
    "RECLASSIFIED",
    "TASKS_ASSIGNED",
    "TASK_COMPLETED",
    "TASK_CANCELED",
    "ALLEGATION_ANSWERED",
    "SCORED",
    "RETURN_VISITED",
    "LINKED",
    "UNLINKED",
    "NOTIFIED",
    "TARGET_MISSED",
    "DEADLINE_MOVED",
    "TEMPLATE_RENEWED",
    "PUBLISHED",
    "PUBLICATION_WAIVED",
    "RETAINED",
    "SURVIVOR_MOVED",
)


def upgrade() -> None:
    """Name the event, and keep of a run whether it renews and how many it did."""
    op.widen_words("case_event", "kind", _KINDS)
    op.add_column("deadline_run", sa.Column("renews", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("deadline_run", sa.Column("renewed", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
