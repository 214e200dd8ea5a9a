"""Search terms of what is there already, and the indexes that filters and counts go by.

Step: expand (old code must run on the new schema; what it writes is found once `server.search.filling` has run again).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.search.filling import fill

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table of terms, filled city by city, and indexes."""
    op.create_tenant_table(
        "search_term",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(collation="C"), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "term", "subject_id", name="pk_search_term"),
        sa.CheckConstraint(
            "kind in ('activity', 'case', 'grid', 'member', 'organization', 'volunteer')",
            name=op.f("ck_search_term_kind"),
        ),
    )
    _index_cases()
    op.create_index("ix_appointment_tenant_id_role_member_id", "appointment", ["tenant_id", "role", "member_id"])
    op.create_index("ix_resident_tenant_id_name", "resident", ["tenant_id", "name"])
    op.create_index("ix_volunteer_tenant_id_name", "volunteer", ["tenant_id", "name", "id"])
    op.create_index(
        "ix_hour_entry_tenant_id_status_served_on",
        "hour_entry",
        ["tenant_id", "status", sa.text("served_on desc"), sa.text("id desc")],
    )
    if not op.get_context().as_sql:
        _fill()


def _index_cases() -> None:
    latest = [sa.text("reported_at desc"), sa.text("id desc")]
    op.create_index("ix_case_tenant_id_category_reported_at", "case", ["tenant_id", "category", *latest])
    op.create_index(
        "ix_case_tenant_id_open_reported_at",
        "case",
        ["tenant_id", *latest],
        postgresql_where=sa.text("resolved_at is null"),
    )
    op.create_index(
        "ix_case_tenant_id_overdue_reported_at",
        "case",
        ["tenant_id", *latest],
        postgresql_where=sa.text("overdue_at is not null"),
    )
    op.create_index(
        "ix_case_tenant_id_rating_reported_at",
        "case",
        ["tenant_id", "rating", *latest],
        postgresql_where=sa.text("rating is not null"),
    )
    op.create_index(
        "ix_case_tenant_id_resolved_at",
        "case",
        ["tenant_id", "resolved_at"],
        postgresql_where=sa.text("resolved_at is not null"),
    )


def _fill() -> None:
    """Today's terms, not those of the day this was written: it is them that the running code looks for."""
    connection = op.get_bind()
    for tenant_id in connection.scalars(sa.text("select id from tenant order by id")).all():
        connection.execute(sa.text("select set_tenant(:tenant)").bindparams(tenant=tenant_id))
        fill(connection, tenant_id)
    connection.execute(sa.text("select set_config('app.tenant_id', '', true)"))


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
