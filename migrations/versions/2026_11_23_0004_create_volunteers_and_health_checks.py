"""Volunteers and health checks.

Step: expand (old code must run on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Volunteers and health checks."""
    op.create_tenant_table(
        "health_check_policy",
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("min_age", sa.Integer(), nullable=False),
        sa.Column("max_age", sa.Integer(), nullable=False),
        sa.Column("interval_months", sa.Integer(), nullable=False),
        sa.Column("interval_from", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_health_check_policy"),
        sa.CheckConstraint("min_age >= 0 and max_age >= min_age", name=op.f("ck_health_check_policy_ages")),
        sa.CheckConstraint(
            "interval_from in ('LAST_CHECK', 'BIENNIUM')", name=op.f("ck_health_check_policy_interval_from")
        ),
        sa.CheckConstraint("interval_months > 0", name=op.f("ck_health_check_policy_interval_months")),
        sa.CheckConstraint("sex in ('MALE', 'FEMALE')", name=op.f("ck_health_check_policy_sex")),
        sa.UniqueConstraint(
            "tenant_id", "effective_from", "sex", name="uq_health_check_policy_tenant_id_effective_from_sex"
        ),
    )
    op.create_tenant_table(
        "activity",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("signed_up", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_activity"),
        sa.CheckConstraint(
            "capacity > 0 and signed_up >= 0 and signed_up <= capacity", name=op.f("ck_activity_places")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_activity_span")),
        sa.CheckConstraint("status in ('OPEN', 'CANCELED')", name=op.f("ck_activity_status")),
        references=[("organization_id", "organization")],
    )
    op.create_index(
        "ix_activity_tenant_id_path",
        "activity",
        ["tenant_id", "path"],
    )
    op.create_index(
        "ix_activity_tenant_id_starts_at",
        "activity",
        ["tenant_id", "starts_at", "id"],
    )
    op.create_tenant_table(
        "access_log",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=True),
        sa.Column("reader_name", sa.Text(), nullable=False),
        sa.Column("reader_roles", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_access_log"),
        references=[("resident_id", "resident")],
        append_only=True,
    )
    op.create_index(
        "ix_access_log_tenant_id_resident_id_at",
        "access_log",
        ["tenant_id", "resident_id", "at"],
    )
    op.create_tenant_table(
        "health_record",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("consent_purpose", sa.Text(), nullable=False),
        sa.Column("consented_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_health_record"),
        sa.UniqueConstraint("tenant_id", "resident_id", name="uq_health_record_tenant_id_resident_id"),
        references=[("resident_id", "resident")],
    )
    op.create_tenant_table(
        "volunteer",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("skills", postgresql.JSONB(), nullable=False),
        sa.Column("verified_minutes", sa.Integer(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_volunteer"),
        sa.CheckConstraint("verified_minutes >= 0 and stars >= 0", name=op.f("ck_volunteer_figures")),
        sa.CheckConstraint("(resident_id is null) <> (member_id is null)", name=op.f("ck_volunteer_one_person")),
        sa.UniqueConstraint("tenant_id", "member_id", name="uq_volunteer_tenant_id_member_id"),
        sa.UniqueConstraint("tenant_id", "resident_id", name="uq_volunteer_tenant_id_resident_id"),
        references=[("member_id", "member"), ("organization_id", "organization"), ("resident_id", "resident")],
    )
    op.create_index(
        "ix_volunteer_tenant_id_organization_id",
        "volunteer",
        ["tenant_id", "organization_id"],
    )
    op.create_index(
        "ix_volunteer_tenant_id_path",
        "volunteer",
        ["tenant_id", "path"],
    )
    op.create_tenant_table(
        "activity_sign_up",
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("volunteer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_activity_sign_up"),
        sa.UniqueConstraint(
            "tenant_id", "activity_id", "volunteer_id", name="uq_activity_sign_up_tenant_id_activity_id_volunteer_id"
        ),
        references=[("activity_id", "activity"), ("volunteer_id", "volunteer")],
    )
    op.create_index(
        "ix_activity_sign_up_tenant_id_volunteer_id",
        "activity_sign_up",
        ["tenant_id", "volunteer_id"],
    )
    op.create_tenant_table(
        "health_check",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("findings", sa.LargeBinary(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_health_check"),
        references=[("record_id", "health_record"), ("resident_id", "resident")],
    )
    op.create_index(
        "ix_health_check_tenant_id_checked_on",
        "health_check",
        ["tenant_id", "checked_on"],
    )
    op.create_index(
        "ix_health_check_tenant_id_record_id",
        "health_check",
        ["tenant_id", "record_id"],
    )
    op.create_index(
        "ix_health_check_tenant_id_resident_id_checked_on",
        "health_check",
        ["tenant_id", "resident_id", "checked_on"],
    )
    op.create_tenant_table(
        "hour_entry",
        sa.Column("volunteer_id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=True),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("verified_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_hour_entry"),
        sa.CheckConstraint("(status = 'ENTERED') = (decided_at is null)", name=op.f("ck_hour_entry_decision")),
        sa.CheckConstraint("minutes > 0 and minutes <= 1440", name=op.f("ck_hour_entry_minutes")),
        sa.CheckConstraint("status in ('ENTERED', 'VERIFIED', 'REFUSED')", name=op.f("ck_hour_entry_status")),
        references=[("activity_id", "activity"), ("verified_by_id", "member"), ("volunteer_id", "volunteer")],
    )
    op.create_index(
        "ix_hour_entry_tenant_id_activity_id",
        "hour_entry",
        ["tenant_id", "activity_id"],
    )
    op.create_index(
        "ix_hour_entry_tenant_id_decided_at",
        "hour_entry",
        ["tenant_id", "decided_at"],
    )
    op.create_index(
        "ix_hour_entry_tenant_id_volunteer_id_served_on",
        "hour_entry",
        ["tenant_id", "volunteer_id", "served_on"],
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
