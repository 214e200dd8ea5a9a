"""Threads of a case, and files.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new."""
    _messages()
    _attachments()


def _messages() -> None:
    op.create_tenant_table(
        "case_message",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("reply_to_id", sa.Uuid(), nullable=True),
        sa.Column("author_account_id", sa.Uuid(), nullable=True),
        sa.Column("author_member_id", sa.Uuid(), nullable=True),
        sa.Column("author_resident_id", sa.Uuid(), nullable=True),
        sa.Column("from_reporter", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("idempotency_digest", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_case_message"),
        sa.CheckConstraint("thread in ('PRIVATE', 'INTERNAL')", name=op.f("ck_case_message_thread")),
        sa.UniqueConstraint("tenant_id", "seq", name="uq_case_message_tenant_id_seq"),
        references=[
            ("case_id", "case"),
            ("reply_to_id", "case_message"),
            ("author_member_id", "member"),
            ("author_resident_id", "resident"),
        ],
    )
    op.create_index("ix_case_message_tenant_id_case_id_at", "case_message", ["tenant_id", "case_id", "at", "id"])
    op.create_index(
        "uq_case_message_tenant_id_author_idempotency_key",
        "case_message",
        ["tenant_id", "author_account_id", "idempotency_key"],
        unique=True,
    )


def _attachments() -> None:
    op.create_tenant_table(
        "attachment",
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("thread", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("has_thumbnail", sa.Boolean(), nullable=False),
        sa.Column("uploader_account_id", sa.Uuid(), nullable=False),
        sa.Column("uploader_member_id", sa.Uuid(), nullable=True),
        sa.Column("uploader_resident_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("storing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_attachment"),
        sa.CheckConstraint("state in ('PENDING', 'READY', 'REFUSED')", name=op.f("ck_attachment_state")),
        sa.CheckConstraint("purpose in ('EVIDENCE', 'RESULT', 'MESSAGE')", name=op.f("ck_attachment_purpose")),
        sa.CheckConstraint("thread in ('PRIVATE', 'INTERNAL')", name=op.f("ck_attachment_thread")),
        sa.CheckConstraint(
            "media_type in ('image/jpeg', 'image/png', 'image/webp', 'application/pdf', 'text/plain', 'video/mp4')",
            name=op.f("ck_attachment_media_type"),
        ),
        sa.CheckConstraint(
            "reason in ('TYPE_MISMATCH', 'UNREADABLE', 'TOO_MANY_PIXELS', 'AMBIGUOUS')",
            name=op.f("ck_attachment_reason"),
        ),
        sa.CheckConstraint("size >= 1", name=op.f("ck_attachment_size")),
        references=[
            ("case_id", "case"),
            ("message_id", "case_message"),
            ("uploader_member_id", "member"),
            ("uploader_resident_id", "resident"),
        ],
    )
    op.create_index("ix_attachment_tenant_id_case_id", "attachment", ["tenant_id", "case_id", "id"])
    op.create_index("ix_attachment_tenant_id_message_id", "attachment", ["tenant_id", "message_id", "id"])
    op.create_index(
        "ix_attachment_tenant_id_waiting",
        "attachment",
        ["tenant_id", "uploader_account_id"],
        postgresql_where=sa.text("state = 'PENDING'"),
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
