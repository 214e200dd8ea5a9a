"""Sealed matters, cooperation zones and the log of who read what.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_STATUS = "'RECEIVED', 'ANALYZED', 'ZONE_ASSIGNED', 'INQUIRY', 'TRANSFERRED', 'FEEDBACK', 'CLOSED'"
_SATISFACTION = "'NOT_RATED', 'SATISFIED', 'PARTLY_SATISFIED', 'DISSATISFIED'"
_KIND = "'RECEIVED', 'ANALYZED', 'ZONE_ASSIGNED', 'INQUIRY_BEGUN', 'TRANSFERRED', 'FEEDBACK_GIVEN', 'RATED', 'CLOSED'"


def upgrade() -> None:
    """Add the tables, each after what it refers to."""
    _create_zones()
    _create_cases()
    _create_events()
    _create_accesses()


def _create_zones() -> None:
    op.create_tenant_table(
        "cooperation_zone",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_cooperation_zone"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_cooperation_zone_tenant_id_name"),
    )
    op.create_tenant_table(
        "zone_member",
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("leads", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_zone_member"),
        sa.CheckConstraint("part in ('OFFICE', 'GROUP', 'TOWNSHIP')", name=op.f("ck_zone_member_part")),
        sa.UniqueConstraint(
            "tenant_id", "zone_id", "organization_id", name="uq_zone_member_tenant_id_zone_id_organization_id"
        ),
        references=[("zone_id", "cooperation_zone"), ("organization_id", "organization")],
    )
    op.create_tenant_table(
        "zone_rule",
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_zone_rule"),
        sa.CheckConstraint("status in ('TRIAL', 'IN_FORCE')", name=op.f("ck_zone_rule_status")),
        sa.UniqueConstraint(
            "tenant_id", "zone_id", "title", "version", name="uq_zone_rule_tenant_id_zone_id_title_version"
        ),
        references=[("zone_id", "cooperation_zone")],
    )


def _create_cases() -> None:
    op.create_tenant_table(
        "sealed_case",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("about_path", sa.Text(collation="C"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("owner_path", sa.Text(collation="C"), nullable=True),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.LargeBinary(), nullable=True),
        sa.Column("analysis", sa.LargeBinary(), nullable=True),
        sa.Column("transfer", sa.LargeBinary(), nullable=True),
        sa.Column("reporter", sa.LargeBinary(), nullable=True),
        sa.Column("allegations", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("satisfaction", sa.Text(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("once", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sealed_case"),
        sa.CheckConstraint(f"status in ({_STATUS})", name=op.f("ck_sealed_case_status")),
        sa.CheckConstraint(f"satisfaction in ({_SATISFACTION})", name=op.f("ck_sealed_case_satisfaction")),
        sa.CheckConstraint("(owner_id is null) = (owner_path is null)", name=op.f("ck_sealed_case_owner_path")),
        sa.UniqueConstraint("tenant_id", "number", name="uq_sealed_case_tenant_id_number"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_sealed_case_tenant_id_code"),
        sa.UniqueConstraint("tenant_id", "once", name="uq_sealed_case_tenant_id_once"),
        references=[("about_id", "organization"), ("owner_id", "organization"), ("zone_id", "cooperation_zone")],
    )
    latest = [sa.text("received_at desc"), sa.text("id desc")]
    op.create_index("ix_sealed_case_tenant_id_received_at", "sealed_case", ["tenant_id", *latest])
    op.create_index("ix_sealed_case_tenant_id_zone_id", "sealed_case", ["tenant_id", "zone_id"])
    op.create_tenant_table(
        "sealed_allegation",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("feedback", sa.LargeBinary(), nullable=True),
        sa.Column("feedback_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sealed_allegation"),
        sa.UniqueConstraint("tenant_id", "case_id", "position", name="uq_sealed_allegation_tenant_id_case_id_position"),
        references=[("case_id", "sealed_case")],
    )


def _create_events() -> None:
    op.create_tenant_table(
        "sealed_event",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("allegations", sa.Integer(), nullable=True),
        sa.Column("allegation", sa.Integer(), nullable=True),
        sa.Column("satisfaction", sa.Text(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sealed_event"),
        sa.CheckConstraint(f"kind in ({_KIND})", name=op.f("ck_sealed_event_kind")),
        sa.CheckConstraint(f"status in ({_STATUS})", name=op.f("ck_sealed_event_status")),
        sa.CheckConstraint(f"satisfaction in ({_SATISFACTION})", name=op.f("ck_sealed_event_satisfaction")),
        sa.UniqueConstraint("tenant_id", "case_id", "version", name="uq_sealed_event_tenant_id_case_id_version"),
        references=[
            ("case_id", "sealed_case"),
            ("owner_id", "organization"),
            ("zone_id", "cooperation_zone"),
            ("member_id", "member"),
        ],
        append_only=True,
    )


def _create_accesses() -> None:
    op.create_tenant_table(
        "sealed_access",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sealed_access"),
        sa.CheckConstraint("action in ('READ', 'IDENTIFY', 'TRACK')", name=op.f("ck_sealed_access_action")),
        references=[("case_id", "sealed_case"), ("member_id", "member")],
        append_only=True,
    )
    latest = [sa.text("at desc"), sa.text("id desc")]
    op.create_index("ix_sealed_access_tenant_id_case_id_at", "sealed_access", ["tenant_id", "case_id", *latest])


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
