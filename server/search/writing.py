"""Keeps the terms of things right, in the transaction that writes the things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, delete, func, literal, select
from sqlalchemy.dialects.postgresql import Insert, insert

from server.search.models import SearchTerm
from server.search.searched import SEARCHED
from tenants.inserts import Bind, Part, insert_together
from tenants.sessions import WriteSession


async def make_searchable(
    session: WriteSession, kind: str, subject_id: UUID, *, tenant_id: UUID, **columns: Any
) -> None:
    """Let a new thing be found. kind: its table. columns: the searched columns of its row."""
    await insert_together(session, terms_of_new(kind, subject_id, tenant_id=tenant_id, **columns))


def terms_of_new(kind: str, subject_id: UUID, *, tenant_id: UUID, **columns: Any) -> Part:
    """The same as a part of the statement that writes the thing."""
    return _part(kind, subject_id, SEARCHED[kind].terms(columns), tenant_id)


async def change_terms(
    session: WriteSession,
    kind: str,
    subject_id: UUID,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    tenant_id: UUID,
) -> None:
    """Let a thing be found by its new words, no longer by its old ones. before, after: its searched columns."""
    old, new = SEARCHED[kind].terms(before), SEARCHED[kind].terms(after)
    if gone := [term for term in old if term not in new]:
        await session.execute(
            delete(SearchTerm).where(
                SearchTerm.tenant_id == tenant_id,
                SearchTerm.kind == kind,
                SearchTerm.term == any_(_array(gone)),
                SearchTerm.subject_id == subject_id,
            ),
        )
    await insert_together(session, _part(kind, subject_id, [term for term in new if term not in old], tenant_id))


def _part(kind: str, subject_id: UUID, terms: list[str], tenant_id: UUID) -> Part:
    return Part(_insert, {"tenant_id": tenant_id, "kind": kind, "terms": terms, "subject_id": subject_id})


def _insert(bind: Bind) -> Insert:
    """One parameter however many terms there are, so that there is one statement."""
    rows = select(
        bind("tenant_id", Uuid()),
        bind("kind", Text()),
        func.unnest(bind("terms", ARRAY(Text()))),
        bind("subject_id", Uuid()),
    )
    columns = ["tenant_id", "kind", "term", "subject_id"]
    return insert(SearchTerm).from_select(columns, rows).on_conflict_do_nothing()


def _array(terms: Sequence[str]) -> Any:
    """Likewise one parameter for all."""
    return literal(list(terms), ARRAY(Text()))
