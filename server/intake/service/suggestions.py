"""Open cases that may be the same matter: of the same category, lately, in the grid or around it (WH-16; peers.md 44)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.sql.elements import BindParameter, False_
from sqlalchemy.sql.selectable import FromClause
from sqlalchemy.types import TypeEngine

from server.cases.columns import is_open
from server.cases.models import Case
from server.cases.states import Track
from server.cases.visibility import cases
from server.grids.models import Grid
from server.grids.visibility import grids
from server.organizations.models import Organization
from server.search.models import SearchTerm
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer, either

MOST = 10
COMMUNITY_RANK = 4
_LOOKED_AT = 200
_NEIGHBORLY = (Track.SERVICE_ORDER, Track.GRID_EVENT, Track.TOPIC)
"""Tracks of what anybody can see in the street; that a neighbor complains or quarrels is nobody's business."""


ASKED: Mapping[str, TypeEngine[Any]] = {
    "grid_id": Uuid(),
    "category": Text(),
    "since": DateTime(timezone=True),
    "terms": ARRAY(Text()),
}
"""The parameters of a search. since: the first moment that counts. terms: of the new title (``server.search``)."""

Asked = Mapping[str, BindParameter[Any]]


def likely_duplicates(viewer: Viewer, asked: Asked) -> ColumnElement[Any]:
    """A JSON array of at most MOST cases: those of the grid first, then by words in common, the newest first.

    Each as {id, number, category, status, reported_at, in_grid, words}; ``id`` is null where the viewer may not see the
    case itself but may know that there is one: a public-safe form without any words of it, nor told by them.
    """
    grid, found = rows_of(Grid, "place"), rows_of(Case, "found")
    here = select(grid.c.path).where(
        grid.c.tenant_id == viewer.tenant, grid.c.id == asked["grid_id"], grids(grid, viewer)
    )
    around = _community(viewer, here.scalar_subquery())
    seen = cases(found, viewer)
    told = either(seen, _neighborly(found)) if viewer.may(Permission.CASE_REPORT) else seen
    if isinstance(told, False_):
        return literal_column("'[]'::json")
    lately = (
        select(found, case((seen, 1), else_=0).label("seen"))
        .where(
            found.c.tenant_id == viewer.tenant,
            found.c.category == asked["category"],
            found.c.reported_at >= asked["since"],
            or_(found.c.grid_id == asked["grid_id"], _below(found, around)),
            is_open(found),
            told,
        )
        .order_by(found.c.reported_at.desc(), found.c.id.desc())
        .limit(_LOOKED_AT)
        .subquery("lately")
    )
    return _listed(lately, viewer, asked)


def _listed(lately: FromClause, viewer: Viewer, asked: Asked) -> ColumnElement[Any]:
    in_grid = (lately.c.grid_id == asked["grid_id"]).label("in_grid")
    words = case((lately.c.seen == 1, _words_in_common(lately, viewer, asked)), else_=0).label("words")
    nearest = (
        select(lately, in_grid, words)
        .order_by(in_grid.desc(), words.desc(), lately.c.reported_at.desc(), lately.c.id.desc())
        .limit(MOST)
        .subquery("nearest")
    )
    shown = [nearest.c[name] for name in ("number", "category", "status", "reported_at", "in_grid", "words")]
    told = func.json_build_object(
        _text("id"),
        case((nearest.c.seen == 1, nearest.c.id)),
        *(part for column in shown for part in (_text(column.name), column)),
    )
    order = (nearest.c.in_grid.desc(), nearest.c.words.desc(), nearest.c.reported_at.desc(), nearest.c.id.desc())
    listed = func.json_agg(aggregate_order_by(told, *order))
    return select(func.coalesce(listed, literal_column("'[]'::json"))).scalar_subquery()


def _community(viewer: Viewer, path: ColumnElement[Any]) -> ColumnElement[Any]:
    """The path of the community that a path belongs to: the lowest organization on it of that rank or above."""
    above = rows_of(Organization, "above")
    on_the_way = above.c.path == func.left(path, func.length(above.c.path))
    return (
        select(above.c.path)
        .where(
            above.c.tenant_id == viewer.tenant,
            above.c.rank >= literal_column(str(COMMUNITY_RANK), Integer()),
            on_the_way,
        )
        .order_by(above.c.path.desc())
        .limit(literal_column("1"))
        .scalar_subquery()
    )


def _below(found: FromClause, path: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(found.c.path >= path, found.c.path < func.left(path, -1).op("||")(_text("0")))


def _neighborly(found: FromClause) -> ColumnElement[bool]:
    return found.c.track == any_(array([_text(track) for track in _NEIGHBORLY]))


def _words_in_common(lately: FromClause, viewer: Viewer, asked: Asked) -> ColumnElement[Any]:
    term = rows_of(SearchTerm, "term")
    return (
        select(func.count())
        .select_from(term)
        .where(
            term.c.tenant_id == viewer.tenant,
            term.c.kind == _text("case"),
            term.c.term == any_(asked["terms"]),
            term.c.subject_id == lately.c.id,
        )
        .correlate(lately)
        .scalar_subquery()
    )


def _text(word: str) -> ColumnElement[str]:
    return literal_column(f"'{word}'", Text())
