"""The further steps of a case: merged, appealed, sent back, supervised, explained, published.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_STATUSES = (
    "REPORTED",
    "ACCEPTED",
    "TRIAGED",
    "DISPATCHED",
    "CLAIMED",
    "IN_PROGRESS",
    "RESOLVED",
    "FEEDBACK_GIVEN",
    "RATED",
    "PUBLISHED",
    "ARCHIVED",
    "REJECTED",
    "WITHDRAWN",
    "MERGED",
)
_STEPS = (
    "REPORTED",
    "ACCEPTED",
    "TRIAGED",
    "DISPATCHED",
    "CLAIMED",
    "IN_PROGRESS",
    "TRACKED",
    "URGED",
    "RESOLVED",
    "FEEDBACK_GIVEN",
    "RETURN_VISITED",
    "RATED",
    "PUBLISHED",
    "ARCHIVED",
)
_HANDLING = ("VISITING", "JOINT_HANDLING", "MEDIATING", "DELIBERATING", "PROJECT")
# Those of shares, answers, scores, visits and bundles included, which the next revision is about.
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
)


def upgrade() -> None:
    """Widen the words, then add what a case and its history tell beside them."""
    op.widen_words("case", "status", _STATUSES)
    op.widen_words("case_event", "to_status", _STATUSES)
    op.widen_words("case_event", "kind", _KINDS)
    _widen_cases()
    _widen_history()


def _widen_cases() -> None:
    op.add_column("case", sa.Column("turn_to", sa.Text(), nullable=True))
    op.add_column("case", sa.Column("merged_into_id", sa.Uuid(), nullable=True))
    op.add_column("case", sa.Column("supervision", sa.Text(), server_default="NONE", nullable=False))
    op.add_column("case", sa.Column("handling", sa.Text(), nullable=True))
    for name in ("appealed_at", "urged_at", "explained_at", "explanation_due_at"):
        op.add_column("case", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_case_supervision"),
        "case",
        "supervision in ('NONE', 'TRACKED', 'URGED', 'OVERDUE')",
    )
    op.create_check_constraint(op.f("ck_case_handling"), "case", f"handling in {_HANDLING}")
    op.create_foreign_key(
        "fk_case_tenant_id_merged_into_id",
        "case",
        "case",
        ["tenant_id", "merged_into_id"],
        ["tenant_id", "id"],
    )
    op.create_index(
        "ix_case_tenant_id_merged_into_id",
        "case",
        ["tenant_id", "merged_into_id", sa.text("reported_at desc"), sa.text("id desc")],
        postgresql_where=sa.text("merged_into_id is not null"),
    )
    op.create_index(
        "ix_case_tenant_id_explanation_due_at",
        "case",
        ["tenant_id", "explanation_due_at"],
        postgresql_where=sa.text("explanation_due_at is not null"),
    )


def _widen_history() -> None:
    op.add_column("case_event", sa.Column("step", sa.Text(), nullable=True))
    op.add_column("case_event", sa.Column("handling", sa.Text(), nullable=True))
    op.add_column("case_event", sa.Column("parties_consented", sa.Integer(), nullable=True))
    op.add_column("case_event", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case_event", sa.Column("findings", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_case_event_step"), "case_event", f"step in {_STEPS}")
    op.create_check_constraint(op.f("ck_case_event_handling"), "case_event", f"handling in {_HANDLING}")


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
