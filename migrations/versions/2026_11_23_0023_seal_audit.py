"""Seals over the audit trail, signed heads, and entries of what was refused.

Step: expand (additive: the previous release runs on the new schema; what it writes counts as done).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the audit trail by the outcome; add its seals and heads; let admins search by who acted."""
    op.add_column("audit_entry", sa.Column("outcome", sa.Text(), server_default="DONE", nullable=False))
    op.create_check_constraint(op.f("ck_audit_entry_outcome"), "audit_entry", "outcome in ('DONE', 'REFUSED')")
    op.create_index("ix_audit_entry_tenant_id_actor_name_at", "audit_entry", ["tenant_id", "actor_name", "at", "id"])
    op.create_tenant_table(
        "audit_seal",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name="pk_audit_seal"),
        sa.UniqueConstraint("tenant_id", "entry_id", name="uq_audit_seal_tenant_id_entry_id"),
        append_only=True,
    )
    op.create_tenant_table(
        "audit_head",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_audit_head"),
        sa.UniqueConstraint("tenant_id", "seq", "key", name="uq_audit_head_tenant_id_seq_key"),
        append_only=True,
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
