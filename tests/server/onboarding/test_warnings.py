"""How far the holidays are known."""

from __future__ import annotations

from datetime import date

import pytest

from server.onboarding.warnings import calendar_warnings, manifest_warnings
from tenants.manifest.calendar import WorkCalendar
from tenants.manifest.faults import parse
from tenants.manifest.shipped import text

KNOWN = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("known", "today", "expected"),
    [
        (KNOWN, date(2026, 11, 1), ()),
        (KNOWN, date(2026, 11, 2), ("plain weekdays count after that day.",)),
        (KNOWN, KNOWN, ("plain weekdays count after that day.",)),
        (KNOWN, date(2027, 1, 1), ("plain weekdays count since then.",)),
        (None, KNOWN, ("plain weekdays count.",)),
    ],
)
def test_a_calendar_warns_before_its_knowledge_ends(
    known: date | None,
    today: date,
    expected: tuple[str, ...],
) -> None:
    found = calendar_warnings(WorkCalendar(known_through=known), today)
    assert tuple(warning.partition(": ")[2] for warning in found) == expected


def test_a_manifest_that_counts_no_working_time_needs_no_calendar() -> None:
    assert manifest_warnings(parse(text("platform")), KNOWN) == ()
    assert len(manifest_warnings(parse(text("daye")), KNOWN)) == 1
