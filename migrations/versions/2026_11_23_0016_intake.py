"""Questions, queues, channels and tracking codes.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new."""
    _widen_cases()
    op.create_tenant_table(
        "case_contact",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_case_contact"),
        sa.UniqueConstraint("tenant_id", "case_id", name="uq_case_contact_tenant_id_case_id"),
        references=[("case_id", "case")],
    )
    op.create_tenant_table(
        "tracking_code",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_tracking_code"),
        sa.UniqueConstraint("tenant_id", "case_id", name="uq_tracking_code_tenant_id_case_id"),
        sa.UniqueConstraint("tenant_id", "digest", name="uq_tracking_code_tenant_id_digest"),
        references=[("case_id", "case")],
    )
    op.create_tenant_table(
        "channel_secret",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_channel_secret"),
        sa.CheckConstraint("slot in (1, 2)", name=op.f("ck_channel_secret_slot")),
        sa.UniqueConstraint("tenant_id", "channel", "slot", name="uq_channel_secret_tenant_id_channel_slot"),
    )
    op.create_tenant_table(
        "channel_delivery",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_channel_delivery"),
        sa.UniqueConstraint("tenant_id", "channel", "webhook", name="uq_channel_delivery_tenant_id_channel_webhook"),
        references=[("case_id", "case")],
    )


def _widen_cases() -> None:
    """What is known of a report beside its text, and the department's queue it waits in."""
    no = sa.text("false")
    op.add_column("case", sa.Column("answers", postgresql.JSONB(), nullable=True))
    op.add_column("case", sa.Column("source", sa.Text(), nullable=False, server_default="APP"))
    op.add_column("case", sa.Column("channel", sa.Text(), nullable=True))
    op.add_column("case", sa.Column("origin", sa.Text(), nullable=False, server_default="RESIDENT_REPORTED"))
    op.add_column("case", sa.Column("anonymous", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("case", sa.Column("on_behalf", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("case", sa.Column("service_mode", sa.Text(), nullable=True))
    op.add_column("case", sa.Column("consented", sa.Boolean(), nullable=True))
    op.add_column("case", sa.Column("queue_id", sa.Uuid(), nullable=True))
    op.add_column("case", sa.Column("queue_path", sa.Text(collation="C"), nullable=True))
    op.create_check_constraint(op.f("ck_case_source"), "case", "source in ('APP', 'CHAT', 'HOTLINE', 'DOOR', 'DESK')")
    op.create_check_constraint(op.f("ck_case_origin"), "case", "origin in ('RESIDENT_REPORTED', 'PROACTIVE_VISIT')")
    op.create_check_constraint(
        op.f("ck_case_service_mode"), "case", "service_mode in ('ANSWER', 'GUIDE', 'ASSIST', 'AGENT')"
    )
    op.create_foreign_key(
        "fk_case_tenant_id_queue_id", "case", "organization", ["tenant_id", "queue_id"], ["tenant_id", "id"]
    )
    waiting = sa.text("queue_id is not null")
    latest = [sa.text("reported_at desc"), sa.text("id desc")]
    op.create_index("ix_case_tenant_id_queue_id", "case", ["tenant_id", "queue_id", *latest], postgresql_where=waiting)
    op.create_index(
        "ix_case_tenant_id_queue_path",
        "case",
        ["tenant_id", "queue_path", *latest],
        postgresql_where=sa.text("queue_path is not null"),
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
