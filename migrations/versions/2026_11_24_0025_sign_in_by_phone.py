"""Codes and messages of telephones, residents found by their number, and accounts that are one person's.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_NUMBER = (
    "case when translate(phone, ' -', '') ~ '^((\\+|00)?86)?1[3-9][0-9]{9}$' "
    "then '+86' || right(translate(phone, ' -', ''), 11) "
    "when translate(phone, ' -', '') ~ '^(\\+|00)[1-9][0-9]{6,14}$' "
    "then '+' || regexp_replace(translate(phone, ' -', ''), '^(\\+|00)', '') end"
)


def upgrade() -> None:
    """Add what is new."""
    # Made by the database, so that residents whom the release before enters are found as well. The table is written anew
    # under its lock, which its rows (short, and one for each resident) take seconds for.
    op.execute(
        "-- squawk-ignore adding-field-with-default\n"
        f"alter table resident add column phone_number text generated always as ({_NUMBER}) stored"
    )
    op.create_index("ix_resident_tenant_id_phone_number", "resident", ["tenant_id", "phone_number"])
    op.create_tenant_table(
        "phone_code",
        sa.Column("subject_digest", sa.LargeBinary(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_phone_code"),
        sa.UniqueConstraint("tenant_id", "subject_digest", name="uq_phone_code_tenant_id_subject_digest"),
    )
    op.create_index("ix_phone_code_tenant_id_expires_at", "phone_code", ["tenant_id", "expires_at"])
    op.create_tenant_table(
        "phone_message",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_phone_message"),
        sa.CheckConstraint(
            "kind in ('CHANGE_CODE', 'NUMBER_CHANGED', 'SIGN_IN_CODE')", name=op.f("ck_phone_message_kind")
        ),
    )
    op.create_index("ix_phone_message_tenant_id_expires_at", "phone_message", ["tenant_id", "expires_at"])
    _let_persons_have_accounts()
    op.widen_words("sign_in_session", "method", ("PASSWORD", "OIDC", "PHONE", "SUPPORT", "LINK"))


def _let_persons_have_accounts() -> None:
    op.create_tenant_table(
        "person_account",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("city_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_person_account"),
        sa.UniqueConstraint("tenant_id", "person_id", "city_id", name="uq_person_account_tenant_id_person_id_city_id"),
        sa.UniqueConstraint(
            "tenant_id", "city_id", "account_id", name="uq_person_account_tenant_id_city_id_account_id"
        ),
    )
    op.create_tenant_table(
        "link_code",
        sa.Column("city_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_link_code"),
    )
    op.create_index("ix_link_code_tenant_id_city_id_account_id", "link_code", ["tenant_id", "city_id", "account_id"])


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
