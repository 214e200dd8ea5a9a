"""Substitutes for a period, and leave for operators of the platform to look into a city.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new."""
    _let_appointments_be_substituted()
    _create_support_accesses()
    op.widen_words("sign_in_session", "method", ("PASSWORD", "OIDC", "PHONE", "SUPPORT"))


def _let_appointments_be_substituted() -> None:
    op.add_column("appointment", sa.Column("substitutes_id", sa.Uuid(), nullable=True))
    op.add_column("appointment", sa.Column("substitution_reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_appointment_substitution"),
        "appointment",
        "(substitutes_id is null) = (substitution_reason is null)",
    )
    op.create_foreign_key(
        "fk_appointment_tenant_id_substitutes_id",
        "appointment",
        "appointment",
        ["tenant_id", "substitutes_id"],
        ["tenant_id", "id"],
    )
    op.create_index(
        "ix_appointment_tenant_id_substitutes_id",
        "appointment",
        ["tenant_id", "substitutes_id"],
        postgresql_where=sa.text("substitutes_id is not null"),
    )


def _create_support_accesses() -> None:
    op.create_tenant_table(
        "support_access",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("operator_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("permissions", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_support_access"),
        sa.CheckConstraint("hours between 1 and 8", name=op.f("ck_support_access_hours")),
        sa.CheckConstraint(
            "status in ('REQUESTED', 'APPROVED', 'REFUSED', 'ENDED')", name=op.f("ck_support_access_status")
        ),
        references=[("account_id", "account")],
    )
    op.create_index(
        "ix_support_access_tenant_id_requested_at",
        "support_access",
        ["tenant_id", sa.text("requested_at desc"), sa.text("id desc")],
    )
    op.create_index("ix_support_access_tenant_id_account_id", "support_access", ["tenant_id", "account_id"])


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
