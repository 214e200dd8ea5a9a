"""Codes of an authenticator, sessions that can be told apart, and invitations.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new."""
    op.add_column("account", sa.Column("totp_secret", sa.LargeBinary(), nullable=True))
    op.add_column("account", sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.add_column("sign_in_session", sa.Column("method", sa.Text(), server_default="PASSWORD", nullable=False))
    op.add_column("sign_in_session", sa.Column("device", sa.Text(), nullable=True))
    op.add_column("sign_in_session", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_in_session", sa.Column("previous_digest", sa.LargeBinary(), nullable=True))
    op.add_column("sign_in_session", sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_sign_in_session_method"), "sign_in_session", "method in ('PASSWORD', 'OIDC', 'PHONE')"
    )
    op.create_tenant_table(
        "recovery_code",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_recovery_code"),
        sa.UniqueConstraint("tenant_id", "account_id", "digest", name="uq_recovery_code_tenant_id_account_id_digest"),
        references=[("account_id", "account!")],
    )
    op.create_tenant_table(
        "invitation",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_invitation"),
        references=[("member_id", "member")],
    )
    newest = [sa.text("created_at desc"), sa.text("id desc")]
    op.create_index("ix_invitation_tenant_id_created_at", "invitation", ["tenant_id", *newest])
    op.create_index("ix_invitation_tenant_id_member_id", "invitation", ["tenant_id", "member_id"])


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
