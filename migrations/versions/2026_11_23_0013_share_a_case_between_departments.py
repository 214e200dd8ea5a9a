"""Tasks of a joint case, the allegations of a report, scores, return visits and bundles.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns of a case, then its parts."""
    op.add_column("case", sa.Column("score", sa.Integer(), nullable=True))
    op.add_column("case", sa.Column("score_remark", sa.Text(), nullable=True))
    op.add_column("case", sa.Column("visited_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case", sa.Column("visit_effect", sa.Text(), nullable=True))
    op.add_column("case", sa.Column("visit_text", sa.Text(), nullable=True))
    op.add_column("case", sa.Column("bundle_id", sa.Uuid(), nullable=True))
    op.create_check_constraint(op.f("ck_case_score"), "case", "score between 1 and 5")
    op.create_check_constraint(
        op.f("ck_case_visit_effect"), "case", "visit_effect in ('SOLVED', 'PARTLY', 'NOT_SOLVED')"
    )
    op.create_index(
        "ix_case_tenant_id_bundle_id",
        "case",
        ["tenant_id", "bundle_id"],
        postgresql_where=sa.text("bundle_id is not null"),
    )
    _create_tasks()
    _create_allegations()


def _create_tasks() -> None:
    op.create_tenant_table(
        "case_task",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("shares", sa.Boolean(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("assigned_by_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_case_task"),
        sa.CheckConstraint("status in ('OPEN', 'DONE', 'CANCELED')", name=op.f("ck_case_task_status")),
        references=[
            ("case_id", "case"),
            ("organization_id", "organization"),
            ("assigned_by_id", "member"),
            ("closed_by_id", "member"),
        ],
    )
    for column in ("case_id", "organization_id"):
        op.create_index(
            f"ix_case_task_tenant_id_{column}",
            "case_task",
            ["tenant_id", column, sa.text("assigned_at desc"), sa.text("id desc")],
        )
    op.create_index(
        "ix_case_task_tenant_id_shared_path",
        "case_task",
        ["tenant_id", "path"],
        postgresql_where=sa.text("shares"),
        postgresql_include=["case_id"],
    )
    op.create_index(
        "uq_case_task_tenant_id_open",
        "case_task",
        ["tenant_id", "case_id", "organization_id"],
        unique=True,
        postgresql_where=sa.text("status = 'OPEN'"),
    )


def _create_allegations() -> None:
    op.create_tenant_table(
        "case_allegation",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_case_allegation"),
        sa.CheckConstraint("number >= 1", name=op.f("ck_case_allegation_number")),
        sa.UniqueConstraint("tenant_id", "case_id", "number", name="uq_case_allegation_tenant_id_case_id_number"),
        references=[("case_id", "case"), ("answered_by_id", "member")],
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
