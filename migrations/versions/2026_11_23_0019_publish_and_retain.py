"""Publications and their public copies, legal holds, and the erasing of what may be kept no longer.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KINDS = (
    "REPORTED",
    "ACCEPTED",
    "REJECTED",
    "TRIAGED",
    "DISPATCHED",
    "CLAIMED",
    "RELEASED",
    "TAKEN_BACK",
    "STARTED",
    "ESCALATED",
    "ESCALATED_OVERDUE",
    "RESOLVED",
    "FEEDBACK_GIVEN",
    "RATED",
    "REOPENED",
    "WITHDRAWN",
    "ARCHIVED",
    "MERGED",
    "APPEALED",
    "SENT_BACK",
    "FEEDBACK_RELAYED",
    "TRACKED",
    "URGED",
    "URGE_ANSWERED",
    "URGE_WAIVED",
    "PROGRESSED",
    "EXPLAINED",
    "RECLASSIFIED",
    "TASKS_ASSIGNED",
    "TASK_COMPLETED",
    "TASK_CANCELED",
    "ALLEGATION_ANSWERED",
    "SCORED",
    "RETURN_VISITED",
    "LINKED",
    "UNLINKED",
    "NOTIFIED",
    "TARGET_MISSED",
    "DEADLINE_MOVED",
    "PUBLISHED",
    "PUBLICATION_WAIVED",
    "RETAINED",
)
_ENDED = "status in ('ARCHIVED', 'REJECTED', 'WITHDRAWN', 'MERGED')"
_ERASE = f"""
create or replace function app_erase_history(tenant uuid, erased uuid) returns void
language plpgsql security definer set search_path from current as $$
begin
  update case_event
  set note = null, findings = null, change = change - 'reporterId' - 'reporterAccountId'
  where tenant_id = tenant and case_id = erased
    and exists (select 1 from "case" where tenant_id = tenant and id = erased and {_ENDED});
end $$
"""  # noqa: S608 - made of this file's own constants
"""The history of a case is only ever appended to; this alone takes words away, and only of what has ended."""


def upgrade() -> None:
    """Add what is new."""
    op.widen_words("case_event", "kind", _KINDS)
    op.add_column("case", sa.Column("publication_waived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case", sa.Column("retained_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_case_tenant_id_unretained",
        "case",
        ["tenant_id", sa.text("coalesce(archived_at, changed_at)")],
        postgresql_where=sa.text(f"retained_at is null and {_ENDED}"),
    )
    _create_publications()
    _create_holds()
    op.execute(_ERASE)
    op.execute("revoke all on function app_erase_history(uuid, uuid) from public")
    op.execute("grant execute on function app_erase_history(uuid, uuid) to civicgrid_app")


def _create_publications() -> None:
    op.create_tenant_table(
        "publication",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.Column("drafted_by_id", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by_id", sa.Uuid(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("copy_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_publication"),
        sa.CheckConstraint(
            "status in ('DRAFT', 'CHECKED', 'PUBLISHED', 'WITHDRAWN')", name=op.f("ck_publication_status")
        ),
        sa.UniqueConstraint("tenant_id", "case_id", name="uq_publication_tenant_id_case_id"),
        references=[
            ("case_id", "case"),
            ("drafted_by_id", "member"),
            ("checked_by_id", "member"),
            ("withdrawn_by_id", "member"),
        ],
    )
    op.create_tenant_table(
        "published_case",
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("done", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_published_case"),
    )
    newest = [sa.text("published_at desc"), sa.text("id desc")]
    op.create_index("ix_published_case_tenant_id_published_at", "published_case", ["tenant_id", *newest])
    for column in ("category", "month"):
        op.create_index(
            f"ix_published_case_tenant_id_{column}_published_at", "published_case", ["tenant_id", column, *newest]
        )


def _create_holds() -> None:
    op.create_tenant_table(
        "case_hold",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("held_by_id", sa.Uuid(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.Column("released_by_id", sa.Uuid(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_case_hold"),
        references=[("case_id", "case"), ("held_by_id", "member"), ("released_by_id", "member")],
    )
    op.create_index("ix_case_hold_tenant_id_case_id", "case_hold", ["tenant_id", "case_id", "id"])
    op.create_index(
        "uq_case_hold_tenant_id_case_id_open",
        "case_hold",
        ["tenant_id", "case_id"],
        unique=True,
        postgresql_where=sa.text("released_at is null"),
    )


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
