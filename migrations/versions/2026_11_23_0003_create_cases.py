"""Cases, their history and categories.

Step: expand (old code must run on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cases, their history and categories."""
    op.create_tenant_table(
        "case_category",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("default_severity", sa.Text(), nullable=False),
        sa.Column("containment", sa.Text(), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_case_category"),
        sa.CheckConstraint(
            "default_severity in ('GENERAL', 'COMPLEX', 'MAJOR')", name=op.f("ck_case_category_default_severity")
        ),
        sa.UniqueConstraint("tenant_id", "code", name="uq_case_category_tenant_id_code"),
    )
    op.create_tenant_table(
        "case",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("containment", sa.Text(), nullable=True),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("custody_path", sa.Text(collation="C"), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("reporter_id", sa.Uuid(), nullable=True),
        sa.Column("reporter_account_id", sa.Uuid(), nullable=True),
        sa.Column("claimant_id", sa.Uuid(), nullable=True),
        sa.Column("handler_id", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("feedback_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("rating", sa.Text(), nullable=True),
        sa.Column("rating_comment", sa.Text(), nullable=True),
        sa.Column("reopen_count", sa.Integer(), nullable=False),
        sa.Column("strike_off_number", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("idempotency_digest", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_case"),
        sa.CheckConstraint("containment in ('MICRO', 'SMALL', 'BIG')", name=op.f("ck_case_containment")),
        sa.CheckConstraint(
            "rating in ('VERY_SATISFIED', 'SATISFIED', 'NEUTRAL', 'DISSATISFIED', 'VERY_DISSATISFIED')",
            name=op.f("ck_case_rating"),
        ),
        sa.CheckConstraint("severity in ('GENERAL', 'COMPLEX', 'MAJOR')", name=op.f("ck_case_severity")),
        sa.CheckConstraint(
            "status in ('REPORTED', 'ACCEPTED', 'TRIAGED', 'DISPATCHED', 'CLAIMED', 'IN_PROGRESS', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'ARCHIVED', 'REJECTED', 'WITHDRAWN')",
            name=op.f("ck_case_status"),
        ),
        sa.CheckConstraint(
            "track in ('SERVICE_ORDER', 'GRID_EVENT', 'COMPLAINT', 'DISPUTE', 'TOPIC')", name=op.f("ck_case_track")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_case_version")),
        sa.UniqueConstraint("tenant_id", "number", name="uq_case_tenant_id_number"),
        references=[
            ("claimant_id", "member"),
            ("grid_id", "grid"),
            ("handler_id", "member"),
            ("organization_id", "organization"),
            ("reporter_id", "resident"),
        ],
    )
    op.create_index(
        "ix_case_tenant_id_claimant_id",
        "case",
        ["tenant_id", "claimant_id"],
    )
    op.create_index(
        "ix_case_tenant_id_due_at",
        "case",
        ["tenant_id", "due_at"],
    )
    op.create_index(
        "ix_case_tenant_id_grid_id_reported_at",
        "case",
        ["tenant_id", "grid_id", sa.text("reported_at desc"), sa.text("id desc")],
    )
    op.create_index(
        "ix_case_tenant_id_handler_id",
        "case",
        ["tenant_id", "handler_id"],
    )
    op.create_index(
        "ix_case_tenant_id_organization_id",
        "case",
        ["tenant_id", "organization_id"],
    )
    op.create_index(
        "ix_case_tenant_id_path_reported_at",
        "case",
        ["tenant_id", "path", sa.text("reported_at desc")],
    )
    op.create_index(
        "ix_case_tenant_id_reported_at",
        "case",
        ["tenant_id", sa.text("reported_at desc"), sa.text("id desc")],
    )
    op.create_index(
        "ix_case_tenant_id_reporter_id",
        "case",
        ["tenant_id", "reporter_id", sa.text("reported_at desc")],
    )
    op.create_index(
        "ix_case_tenant_id_status_reported_at",
        "case",
        ["tenant_id", "status", sa.text("reported_at desc"), sa.text("id desc")],
    )
    op.create_index(
        "uq_case_tenant_id_reporter_idempotency_key",
        "case",
        ["tenant_id", "reporter_account_id", "idempotency_key"],
        unique=True,
    )
    op.create_tenant_table(
        "case_event",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("actor_member_id", sa.Uuid(), nullable=True),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("change", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_case_event"),
        sa.CheckConstraint(
            "kind in ('REPORTED', 'ACCEPTED', 'REJECTED', 'TRIAGED', 'DISPATCHED', 'CLAIMED', 'RELEASED', 'TAKEN_BACK', 'STARTED', 'ESCALATED', 'ESCALATED_OVERDUE', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'REOPENED', 'WITHDRAWN', 'ARCHIVED')",
            name=op.f("ck_case_event_kind"),
        ),
        sa.CheckConstraint(
            "to_status in ('REPORTED', 'ACCEPTED', 'TRIAGED', 'DISPATCHED', 'CLAIMED', 'IN_PROGRESS', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'ARCHIVED', 'REJECTED', 'WITHDRAWN')",
            name=op.f("ck_case_event_to_status"),
        ),
        sa.UniqueConstraint("tenant_id", "seq", name="uq_case_event_tenant_id_seq"),
        references=[("actor_member_id", "member"), ("case_id", "case")],
        append_only=True,
    )
    op.create_index(
        "ix_case_event_tenant_id_case_id_seq",
        "case_event",
        ["tenant_id", "case_id", "seq"],
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
