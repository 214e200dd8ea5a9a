"""Problems, measures, responsibilities and results of grids, and what happened to them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from server.lists.rules import ItemKind, ListEventKind
from tenants.db import Base, TenantOwned, one_of, reference, unique


class Listed(TenantOwned):
    """What every item has. ``version`` counts its changes; the idempotency key is of the account that added it."""

    version: Mapped[int] = mapped_column(Integer, default=1)
    added_by_id: Mapped[UUID | None]
    added_at: Mapped[datetime]
    account_id: Mapped[UUID | None]
    idempotency_key: Mapped[str | None]
    idempotency_digest: Mapped[str | None]


class ListProblem(Listed, Base):
    """A problem of a grid, with the tally of what hangs on it; ``version`` counts the changes of all of that.

    ``category`` is a code of the city's manifest; ``path`` that of the grid's organization. unowned: measures nobody
    answers for; pending: responsibilities without a result; next_due_on: the first of their days.
    """

    __tablename__ = "list_problem"
    __table_args__ = (
        reference("grid_id", to="grid"),
        reference("case_id", to="case"),
        reference("added_by_id", to="member"),
        reference("closed_by_id", to="member"),
        unique("account_id", "idempotency_key"),
        Index(
            "ix_list_problem_tenant_id_grid_id_added_at", "tenant_id", "grid_id", text("added_at desc"), text("id desc")
        ),
        Index("ix_list_problem_tenant_id_grid_id_next_due_on", "tenant_id", "grid_id", "next_due_on", "id"),
        Index(
            "ix_list_problem_tenant_id_path_bare",
            "tenant_id",
            "path",
            "grid_id",
            text("added_at desc"),
            text("id desc"),
            postgresql_where=text("measures = 0"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    grid_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    category: Mapped[str]
    case_id: Mapped[UUID | None]
    text: Mapped[str]
    measures: Mapped[int] = mapped_column(Integer, default=0)
    unowned: Mapped[int] = mapped_column(Integer, default=0)
    pending: Mapped[int] = mapped_column(Integer, default=0)
    next_due_on: Mapped[date | None]
    changed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[UUID | None]


class ListMeasure(Listed, Base):
    """What is to be done about a problem. ``owned``: somebody answers for it."""

    __tablename__ = "list_measure"
    __table_args__ = (
        reference("problem_id", to="list_problem"),
        reference("grid_id", to="grid"),
        reference("added_by_id", to="member"),
        unique("account_id", "idempotency_key"),
        Index("ix_list_measure_tenant_id_problem_id_added_at", "tenant_id", "problem_id", "added_at", "id"),
        Index(
            "ix_list_measure_tenant_id_path_unowned",
            "tenant_id",
            "path",
            "grid_id",
            "added_at",
            "id",
            postgresql_where=text("not owned"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    problem_id: Mapped[UUID]
    grid_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    text: Mapped[str]
    owned: Mapped[bool] = mapped_column(default=False)


class ListResponsibility(Listed, Base):
    """Who answers for a measure, a member or an organization, and the last day in time, of the city's calendar.

    ``owner_path`` is that of the organization; ``done``: there is a result.
    """

    __tablename__ = "list_responsibility"
    __table_args__ = (
        reference("problem_id", to="list_problem"),
        reference("measure_id", to="list_measure"),
        reference("grid_id", to="grid"),
        reference("member_id", to="member"),
        reference("organization_id", to="organization"),
        reference("added_by_id", to="member"),
        unique("account_id", "idempotency_key"),
        CheckConstraint("(member_id is null) <> (organization_id is null)", name="owner"),
        CheckConstraint("(organization_id is null) = (owner_path is null)", name="owner_path"),
        Index("ix_list_responsibility_tenant_id_measure_id_due_on", "tenant_id", "measure_id", "due_on", "id"),
        Index("ix_list_responsibility_tenant_id_problem_id", "tenant_id", "problem_id"),
        Index(
            "ix_list_responsibility_tenant_id_path_pending",
            "tenant_id",
            "path",
            "grid_id",
            "due_on",
            "id",
            postgresql_where=text("not done"),
        ),
        Index(
            "ix_list_responsibility_tenant_id_member_id",
            "tenant_id",
            "member_id",
            postgresql_where=text("member_id is not null"),
            postgresql_include=["problem_id"],
        ),
        Index(
            "ix_list_responsibility_tenant_id_owner_path",
            "tenant_id",
            "owner_path",
            postgresql_where=text("owner_path is not null"),
            postgresql_include=["problem_id", "organization_id"],
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    problem_id: Mapped[UUID]
    measure_id: Mapped[UUID]
    grid_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text(collation="C"))
    member_id: Mapped[UUID | None]
    organization_id: Mapped[UUID | None]
    owner_path: Mapped[str | None] = mapped_column(Text(collation="C"))
    due_on: Mapped[date]
    done: Mapped[bool] = mapped_column(default=False)


class ListResult(Listed, Base):
    """What came of a responsibility; each has one."""

    __tablename__ = "list_result"
    __table_args__ = (
        reference("problem_id", to="list_problem"),
        reference("responsibility_id", to="list_responsibility"),
        reference("added_by_id", to="member"),
        unique("responsibility_id"),
        unique("account_id", "idempotency_key"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    problem_id: Mapped[UUID]
    responsibility_id: Mapped[UUID]
    text: Mapped[str]


class ListEvent(TenantOwned, Base):
    """One change of a problem or of what hangs on it: the item as it was left. Never changed.

    ``seq`` is its number in the city's event log, ``version`` the problem's after it.
    """

    __tablename__ = "list_event"
    __table_args__ = (
        reference("problem_id", to="list_problem"),
        reference("member_id", to="member"),
        reference("organization_id", to="organization"),
        reference("actor_member_id", to="member"),
        one_of("kind", ListEventKind),
        one_of("item_kind", ItemKind),
        unique("seq"),
        unique("problem_id", "version"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    problem_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str]
    item_kind: Mapped[str]
    item_id: Mapped[UUID]
    text: Mapped[str | None]
    category: Mapped[str | None]
    due_on: Mapped[date | None]
    member_id: Mapped[UUID | None]
    organization_id: Mapped[UUID | None]
    actor_member_id: Mapped[UUID | None]
    at: Mapped[datetime]
