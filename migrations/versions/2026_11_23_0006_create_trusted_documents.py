"""Documents registered for the client applications of a city.

Step: expand (old code must run on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Only the operator writes here: which documents an application may send is configuration."""
    op.create_tenant_table(
        "trusted_document",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("client ~ '^[a-z0-9][a-z0-9_-]{0,62}$'", name=op.f("ck_trusted_document_client_slug")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_trusted_document"),
        sa.UniqueConstraint("tenant_id", "client", "digest", name="uq_trusted_document_tenant_id_client_digest"),
        configuration=True,
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
