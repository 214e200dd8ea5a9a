"""Tenants, manifests, policies, counters and keys; the functions row security stands on.

Step: expand (old code must run on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants import rls

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tenants, manifests, policies, counters and keys; the functions row security stands on."""
    for function in (rls.SET_TENANT, rls.FORCE_ALL, rls.ISOLATE, rls.DISTRIBUTE):
        op.execute(function)
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("manifest_version", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tenant"),
        sa.CheckConstraint("kind in ('CITY', 'PLATFORM')", name=op.f("ck_tenant_kind")),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$'", name=op.f("ck_tenant_slug_slug")),
        sa.CheckConstraint("status in ('ACTIVE', 'SUSPENDED')", name=op.f("ck_tenant_status")),
        sa.UniqueConstraint("slug", name="uq_tenant_slug"),
    )
    op.execute("select app_distribute('tenant', 'reference')")
    op.execute(f"grant select on tenant to {rls.APP}")
    op.execute(f"grant select, insert, update on tenant to {rls.OPERATOR}")
    op.create_tenant_table(
        "data_key",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_data_key"),
        sa.UniqueConstraint("tenant_id", "version", name="uq_data_key_tenant_id_version"),
    )
    op.create_tenant_table(
        "policy_rule",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_policy_rule"),
        sa.CheckConstraint("action ~ '^[a-z0-9][a-z0-9_-]{0,62}$'", name=op.f("ck_policy_rule_action_slug")),
        sa.CheckConstraint("object ~ '^[a-z0-9][a-z0-9_-]{0,62}$'", name=op.f("ck_policy_rule_object_slug")),
        sa.CheckConstraint("role ~ '^[a-z0-9][a-z0-9_-]{0,62}$'", name=op.f("ck_policy_rule_role_slug")),
        sa.UniqueConstraint(
            "tenant_id", "role", "object", "action", name="uq_policy_rule_tenant_id_role_object_action"
        ),
        configuration=True,
    )
    op.create_tenant_table(
        "tenant_counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_tenant_counter"),
    )
    op.create_tenant_table(
        "tenant_manifest",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_tenant_manifest"),
        sa.UniqueConstraint("tenant_id", "version", name="uq_tenant_manifest_tenant_id_version"),
        append_only=True,
        configuration=True,
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
