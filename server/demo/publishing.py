"""What the demo's cities have made public: the drafts and the copies of their cases."""

from __future__ import annotations

from uuid import UUID

from server.demo.bulk import Row
from server.demo.courses import Copy, Course
from server.demo.desk import Desk
from server.demo.ids import id_at
from server.publications.rules import PublicationStatus

_ASKED = "居民反映身边事项,希望尽快处理。"


def rows_of(desk: Desk, case_id: UUID, course: Course, copy: Copy, category: str) -> tuple[Row, Row]:
    """The rows of a publication and of its copy. category: its name."""
    month = (course.facts.resolved_at or copy.drafted_at).astimezone(course.policy.calendar.time_zone)
    told = {
        "title": f"{category}已办结",
        "asked": _ASKED,
        "done": course.result or "",
        "category": course.facts.category,
        "place": course.matter.cell.community.name,
        "month": month.strftime("%Y-%m"),
        "published_at": copy.published_at,
        "withdrawn_at": None,
    }
    copy_id = id_at(desk.random, copy.published_at)
    draft = {
        **told,
        "id": id_at(desk.random, copy.drafted_at),
        "case_id": case_id,
        "status": PublicationStatus.PUBLISHED.value,
        "version": 3,
        "findings": [],
        "drafted_by_id": copy.drafted_by,
        "drafted_at": copy.drafted_at,
        "checked_by_id": copy.checked_by,
        "checked_at": copy.checked_at,
        "copy_id": copy_id,
        "withdrawn_by_id": None,
        "reason": None,
    }
    return draft, {**told, "id": copy_id}
