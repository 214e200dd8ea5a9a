"""Sign-ins under way at a city's identity provider, and the accounts that people there are linked to.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new."""
    op.create_tenant_table(
        "pending_sign_in",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("invitation_digest", sa.LargeBinary(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_pending_sign_in"),
        references=[("account_id", "account!")],
    )
    op.create_index("ix_pending_sign_in_tenant_id_expires_at", "pending_sign_in", ["tenant_id", "expires_at"])
    op.create_index("ix_pending_sign_in_tenant_id_account_id", "pending_sign_in", ["tenant_id", "account_id"])
    op.create_tenant_table(
        "linked_identity",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_linked_identity"),
        sa.UniqueConstraint("tenant_id", "issuer", "subject", name="uq_linked_identity_tenant_id_issuer_subject"),
        sa.UniqueConstraint("tenant_id", "account_id", "issuer", name="uq_linked_identity_tenant_id_account_id_issuer"),
        references=[("account_id", "account!")],
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
