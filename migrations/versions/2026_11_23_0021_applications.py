"""Applications of third parties and their keys.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new."""
    op.create_tenant_table(
        "application",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("grid_id", sa.Uuid(), nullable=True),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("networks", postgresql.JSONB(), nullable=False),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_application"),
        sa.CheckConstraint("status in ('ACTIVE', 'SUSPENDED')", name=op.f("ck_application_status")),
        sa.CheckConstraint("organization_id is null or grid_id is null", name=op.f("ck_application_one_place")),
        sa.UniqueConstraint("tenant_id", "name", name="uq_application_tenant_id_name"),
        references=[("organization_id", "organization"), ("grid_id", "grid")],
    )
    newest = [sa.text("registered_at desc"), sa.text("id desc")]
    op.create_index("ix_application_tenant_id_registered_at", "application", ["tenant_id", *newest])
    op.create_index("ix_application_tenant_id_organization_id", "application", ["tenant_id", "organization_id"])
    op.create_index("ix_application_tenant_id_grid_id", "application", ["tenant_id", "grid_id"])
    op.create_tenant_table(
        "api_key",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_api_key"),
        references=[("application_id", "application")],
    )
    op.create_index(
        "ix_api_key_tenant_id_application_id",
        "api_key",
        ["tenant_id", "application_id", sa.text("created_at desc"), sa.text("id desc")],
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
