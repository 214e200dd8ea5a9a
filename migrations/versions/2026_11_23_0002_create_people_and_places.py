"""Organizations, members, grids, residents and accounts.

Step: expand (old code must run on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Organizations, members, grids, residents and accounts."""
    op.create_tenant_table(
        "organization",
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("labels", postgresql.JSONB(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_organization"),
        sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9_-]{0,62}$'", name=op.f("ck_organization_code_slug")),
        sa.UniqueConstraint("tenant_id", "path", name="uq_organization_tenant_id_path"),
        references=[("parent_id", "organization")],
    )
    op.create_index(
        "ix_organization_tenant_id_level",
        "organization",
        ["tenant_id", "level"],
    )
    op.create_index(
        "ix_organization_tenant_id_parent_id",
        "organization",
        ["tenant_id", "parent_id"],
    )
    op.create_tenant_table(
        "member",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_member"),
        sa.CheckConstraint("status in ('ACTIVE', 'LEFT')", name=op.f("ck_member_status")),
        references=[("organization_id", "organization")],
    )
    op.create_index(
        "ix_member_tenant_id_name",
        "member",
        ["tenant_id", "name"],
    )
    op.create_index(
        "ix_member_tenant_id_organization_id",
        "member",
        ["tenant_id", "organization_id"],
    )
    op.create_index(
        "ix_member_tenant_id_path",
        "member",
        ["tenant_id", "path"],
    )
    op.create_tenant_table(
        "grid",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("chief_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_grid"),
        sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9_-]{0,62}$'", name=op.f("ck_grid_code_slug")),
        sa.CheckConstraint("households >= 0", name=op.f("ck_grid_households")),
        sa.UniqueConstraint("tenant_id", "code", name="uq_grid_tenant_id_code"),
        references=[("chief_id", "member"), ("organization_id", "organization")],
    )
    op.create_index(
        "ix_grid_tenant_id_chief_id",
        "grid",
        ["tenant_id", "chief_id"],
    )
    op.create_index(
        "ix_grid_tenant_id_organization_id",
        "grid",
        ["tenant_id", "organization_id"],
    )
    op.create_index(
        "ix_grid_tenant_id_path",
        "grid",
        ["tenant_id", "path"],
    )
    op.create_tenant_table(
        "posting",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("home_unit", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_posting"),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name=op.f("ck_posting_term")),
        references=[("member_id", "member"), ("organization_id", "organization")],
    )
    op.create_index(
        "ix_posting_tenant_id_member_id",
        "posting",
        ["tenant_id", "member_id"],
    )
    op.create_index(
        "ix_posting_tenant_id_organization_id",
        "posting",
        ["tenant_id", "organization_id"],
    )
    op.create_tenant_table(
        "appointment",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("grid_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_appointment"),
        sa.CheckConstraint("(scope = 'GRID') = (grid_id is not null)", name=op.f("ck_appointment_grid_scope")),
        sa.CheckConstraint(
            "(scope = 'ORGANIZATION') = (organization_id is not null)", name=op.f("ck_appointment_organization_scope")
        ),
        sa.CheckConstraint("role ~ '^[a-z0-9][a-z0-9_-]{0,62}$'", name=op.f("ck_appointment_role_slug")),
        sa.CheckConstraint("scope in ('TENANT', 'ORGANIZATION', 'GRID', 'OWN')", name=op.f("ck_appointment_scope")),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name=op.f("ck_appointment_term")),
        references=[("grid_id", "grid"), ("member_id", "member"), ("organization_id", "organization")],
    )
    op.create_index(
        "ix_appointment_tenant_id_grid_id",
        "appointment",
        ["tenant_id", "grid_id"],
    )
    op.create_index(
        "ix_appointment_tenant_id_member_id",
        "appointment",
        ["tenant_id", "member_id"],
    )
    op.create_index(
        "ix_appointment_tenant_id_organization_id_role",
        "appointment",
        ["tenant_id", "organization_id", "role"],
    )
    op.create_tenant_table(
        "grid_assignment",
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_grid_assignment"),
        sa.UniqueConstraint(
            "tenant_id",
            "grid_id",
            "member_id",
            "capacity",
            name="uq_grid_assignment_tenant_id_grid_id_member_id_capacity",
        ),
        references=[("grid_id", "grid"), ("member_id", "member")],
    )
    op.create_index(
        "ix_grid_assignment_tenant_id_member_id",
        "grid_assignment",
        ["tenant_id", "member_id"],
    )
    op.create_tenant_table(
        "resident",
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_resident"),
        sa.CheckConstraint("sex in ('MALE', 'FEMALE')", name=op.f("ck_resident_sex")),
        references=[("grid_id", "grid")],
    )
    op.create_index(
        "ix_resident_tenant_id_grid_id",
        "resident",
        ["tenant_id", "grid_id"],
    )
    op.create_index(
        "ix_resident_tenant_id_path",
        "resident",
        ["tenant_id", "path"],
    )
    op.create_tenant_table(
        "account",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("operator", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_account"),
        sa.CheckConstraint("member_id is null or resident_id is null", name=op.f("ck_account_one_person")),
        sa.CheckConstraint("status in ('ACTIVE', 'DISABLED')", name=op.f("ck_account_status")),
        sa.CheckConstraint("username ~ '^[a-z0-9][a-z0-9._-]{1,62}$'", name=op.f("ck_account_username")),
        sa.UniqueConstraint("tenant_id", "username", name="uq_account_tenant_id_username"),
        references=[("member_id", "member"), ("resident_id", "resident")],
    )
    op.create_index(
        "ix_account_tenant_id_member_id",
        "account",
        ["tenant_id", "member_id"],
    )
    op.create_index(
        "ix_account_tenant_id_resident_id",
        "account",
        ["tenant_id", "resident_id"],
    )
    op.create_tenant_table(
        "sign_in_session",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("refresh_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sign_in_session"),
        references=[("account_id", "account!")],
    )
    op.create_index(
        "ix_sign_in_session_tenant_id_account_id",
        "sign_in_session",
        ["tenant_id", "account_id"],
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
