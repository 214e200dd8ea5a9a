"""The event log, the audit trail, due work and rolled-up figures.

Step: expand (old code must run on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The event log, the audit trail, due work and rolled-up figures."""
    op.create_tenant_table(
        "audit_entry",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_audit_entry"),
        append_only=True,
    )
    op.create_index(
        "ix_audit_entry_tenant_id_at",
        "audit_entry",
        ["tenant_id", "at"],
    )
    op.create_index(
        "ix_audit_entry_tenant_id_object_type_object_id",
        "audit_entry",
        ["tenant_id", "object_type", "object_id"],
    )
    op.create_tenant_table(
        "due_work",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_due_work"),
        sa.UniqueConstraint(
            "tenant_id", "kind", "subject_id", "step", name="uq_due_work_tenant_id_kind_subject_id_step"
        ),
        operator_lists=True,
    )
    op.create_index(
        "ix_due_work_tenant_id_due_at",
        "due_work",
        ["tenant_id", "due_at"],
        postgresql_where=sa.text("done_at is null"),
    )
    op.create_tenant_table(
        "event",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_event"),
        sa.UniqueConstraint("tenant_id", "seq", name="uq_event_tenant_id_seq"),
        append_only=True,
    )
    op.create_index(
        "ix_event_tenant_id_subject_type_seq",
        "event",
        ["tenant_id", "subject_type", "seq"],
    )
    op.create_tenant_table(
        "metric_day",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("rolled_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "organization_id", "day", "metric", name="pk_metric_day"),
        references=[("organization_id", "organization")],
    )
    op.create_index(
        "ix_metric_day_tenant_id_metric_path_day",
        "metric_day",
        ["tenant_id", "metric", "path", "day"],
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
