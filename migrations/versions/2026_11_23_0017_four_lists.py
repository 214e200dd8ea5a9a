"""The four lists of grids: problems, measures, responsibilities, results, and their history.

Step: expand (additive: the previous release runs on the new schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, each after what it hangs on."""
    _create_problems()
    _create_measures()
    _create_responsibilities()
    _create_results()
    _create_events()


def _create_problems() -> None:
    op.create_tenant_table(
        "list_problem",
        *_added(),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("measures", sa.Integer(), nullable=False),
        sa.Column("unowned", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("next_due_on", sa.Date(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        *_keys("list_problem"),
        references=[("grid_id", "grid"), ("case_id", "case"), ("added_by_id", "member"), ("closed_by_id", "member")],
    )
    latest = [sa.text("added_at desc"), sa.text("id desc")]
    op.create_index("ix_list_problem_tenant_id_grid_id_added_at", "list_problem", ["tenant_id", "grid_id", *latest])
    op.create_index(
        "ix_list_problem_tenant_id_grid_id_next_due_on", "list_problem", ["tenant_id", "grid_id", "next_due_on", "id"]
    )
    op.create_index(
        "ix_list_problem_tenant_id_path_bare",
        "list_problem",
        ["tenant_id", "path", "grid_id", *latest],
        postgresql_where=sa.text("measures = 0"),
    )


def _create_measures() -> None:
    op.create_tenant_table(
        "list_measure",
        *_added(),
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owned", sa.Boolean(), nullable=False),
        *_keys("list_measure"),
        references=[("problem_id", "list_problem"), ("grid_id", "grid"), ("added_by_id", "member")],
    )
    op.create_index(
        "ix_list_measure_tenant_id_problem_id_added_at",
        "list_measure",
        ["tenant_id", "problem_id", "added_at", "id"],
    )
    op.create_index(
        "ix_list_measure_tenant_id_path_unowned",
        "list_measure",
        ["tenant_id", "path", "grid_id", "added_at", "id"],
        postgresql_where=sa.text("not owned"),
    )


def _create_responsibilities() -> None:
    op.create_tenant_table(
        "list_responsibility",
        *_added(),
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("measure_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("owner_path", sa.Text(collation="C"), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        *_keys("list_responsibility"),
        sa.CheckConstraint(
            "(member_id is null) <> (organization_id is null)", name=op.f("ck_list_responsibility_owner")
        ),
        sa.CheckConstraint(
            "(organization_id is null) = (owner_path is null)", name=op.f("ck_list_responsibility_owner_path")
        ),
        references=[
            ("problem_id", "list_problem"),
            ("measure_id", "list_measure"),
            ("grid_id", "grid"),
            ("member_id", "member"),
            ("organization_id", "organization"),
            ("added_by_id", "member"),
        ],
    )
    table = "list_responsibility"
    op.create_index(f"ix_{table}_tenant_id_measure_id_due_on", table, ["tenant_id", "measure_id", "due_on", "id"])
    op.create_index(f"ix_{table}_tenant_id_problem_id", table, ["tenant_id", "problem_id"])
    op.create_index(
        f"ix_{table}_tenant_id_path_pending",
        table,
        ["tenant_id", "path", "grid_id", "due_on", "id"],
        postgresql_where=sa.text("not done"),
    )
    op.create_index(
        f"ix_{table}_tenant_id_member_id",
        table,
        ["tenant_id", "member_id"],
        postgresql_where=sa.text("member_id is not null"),
        postgresql_include=["problem_id"],
    )
    op.create_index(
        f"ix_{table}_tenant_id_owner_path",
        table,
        ["tenant_id", "owner_path"],
        postgresql_where=sa.text("owner_path is not null"),
        postgresql_include=["problem_id", "organization_id"],
    )


def _create_results() -> None:
    op.create_tenant_table(
        "list_result",
        *_added(),
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("responsibility_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        *_keys("list_result"),
        sa.UniqueConstraint("tenant_id", "responsibility_id", name="uq_list_result_tenant_id_responsibility_id"),
        references=[
            ("problem_id", "list_problem"),
            ("responsibility_id", "list_responsibility"),
            ("added_by_id", "member"),
        ],
    )


def _create_events() -> None:
    op.create_tenant_table(
        "list_event",
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("item_kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("actor_member_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_list_event"),
        sa.CheckConstraint(
            "kind in ('PROBLEM_LISTED', 'MEASURE_PLANNED', 'RESPONSIBILITY_ASSIGNED', 'RESULT_RECORDED', "
            "'LIST_ITEM_REVISED', 'PROBLEM_CLOSED')",
            name=op.f("ck_list_event_kind"),
        ),
        sa.CheckConstraint(
            "item_kind in ('PROBLEM', 'MEASURE', 'RESPONSIBILITY', 'RESULT')", name=op.f("ck_list_event_item_kind")
        ),
        sa.UniqueConstraint("tenant_id", "seq", name="uq_list_event_tenant_id_seq"),
        sa.UniqueConstraint("tenant_id", "problem_id", "version", name="uq_list_event_tenant_id_problem_id_version"),
        references=[
            ("problem_id", "list_problem"),
            ("member_id", "member"),
            ("organization_id", "organization"),
            ("actor_member_id", "member"),
        ],
        append_only=True,
    )


def _added() -> list[sa.Column[object]]:
    """What every item has."""
    return [
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("added_by_id", sa.Uuid(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("idempotency_digest", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
    ]


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "idempotency_key",
            name=f"uq_{table}_tenant_id_account_id_idempotency_key",
        ),
    ]


def downgrade() -> None:
    """Revisions only go forward; a mistake is mended by the next one."""
