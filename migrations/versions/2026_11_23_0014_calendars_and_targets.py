"""Calendars of organizations, further targets and pauses of a deadline, and deadlines computed anew.

Step: expand (additive: the previous release runs on the new schema; the kinds of event it does not know are the worker's).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
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
)


def upgrade() -> None:
    """Name the worker's events, say whose calendar a deadline follows, and keep the runs that compute them anew."""
    op.widen_words("case_event", "kind", _KINDS)
    op.add_column("case", sa.Column("clock_path", sa.Text(), nullable=True))
    op.create_tenant_table(
        "deadline_run",
        sa.Column("manifest_version", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Uuid(), nullable=True),
        sa.Column("open_cases", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_deadline_run"),
        references=[],
    )
    op.create_index(
        "ix_deadline_run_tenant_id_asked_at",
        "deadline_run",
        ["tenant_id", sa.text("asked_at desc"), sa.text("id desc")],
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
