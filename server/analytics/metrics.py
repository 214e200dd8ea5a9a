"""The figures that are kept: code, what exactly is counted, on which day, and how days add up (A-07).

A metric adds up over organizations: the figure of a subtree is the sum over its own rows (JM-27).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Nature(StrEnum):
    """How days add up. FLOW: what happened within a period. STOCK: changes since ever, up to the end of a period."""

    FLOW = "FLOW"
    STOCK = "STOCK"


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. ``unit`` is what one of it is; ``meaning`` says what is counted and on which day."""

    code: str
    nature: Nature
    unit: str
    meaning: str
    source_row: str


CASES_REPORTED = Metric("cases_reported", Nature.FLOW, "case", "Cases, on the day they were reported.", "HS-08")
CASES_ACCEPTED = Metric("cases_accepted", Nature.FLOW, "case", "Cases, on the day they were accepted.", "AQ-10")
CASES_CONCLUDED = Metric(
    "cases_concluded",
    Nature.FLOW,
    "case",
    "Cases with a result, on the day it was stated, whenever they were reported; a reopened case has none.",
    "HS-08",
)
CASES_OVERDUE = Metric(
    "cases_overdue",
    Nature.FLOW,
    "case",
    "Cases without a result when their deadline passed, on the day it passed; not those rejected or withdrawn.",
    "T17",
)
VOLUNTEERS = Metric("volunteers", Nature.STOCK, "person", "Volunteers, from the day they registered.", "DY-12")
VOLUNTEER_MINUTES = Metric(
    "volunteer_minutes",
    Nature.FLOW,
    "minute",
    "Service that another person has verified, on the day it was given.",
    "DY-12",
)
HEALTH_CHECKS = Metric("health_checks", Nature.FLOW, "check", "Health checks, on the day they were made.", "DY-16")

FLOWS = tuple(
    metric.code
    for metric in (
        CASES_REPORTED,
        CASES_ACCEPTED,
        CASES_CONCLUDED,
        CASES_OVERDUE,
        VOLUNTEER_MINUTES,
        HEALTH_CHECKS,
    )
)

GRIDS = "grids:"
"""Prefix of one STOCK metric per kind of grid ("grids:URBAN"): from its first day to its last (C-01, JM-12)."""

ROLLED_UP = "rolled_up"
"""Not a figure: one row at the city's root that says up to which event, and when, the figures were last made."""
ROLLED_UP_DAY = date(1970, 1, 1)

SMALLEST_SHOWN = 10
"""Fewer health checks than this are not shown: they could point to a person (DY-16, P-01)."""
