"""Loose ends of cases: whoever reported a merged case hears when the other one moves; how long a service took.

Step: expand (additive: the previous release runs on the new schema; the kind of event it does not know is the platform's).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
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
    "PUBLISHED",
    "PUBLICATION_WAIVED",
    "RETAINED",
    "SURVIVOR_MOVED",
)


def upgrade() -> None:
    """Name the event of a merged case, and keep when a service began and ended and whether one trip was enough."""
    op.widen_words("case_event", "kind", _KINDS)
    op.add_column("case", sa.Column("service_started_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case", sa.Column("service_finished_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case", sa.Column("one_trip", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
