"""What becomes of a share of the work, and what a return visit finds: words of their own beside the states."""

from __future__ import annotations

from enum import StrEnum

MOST_TASKS = 20
"""Departments that one call brings in, and open tasks a case has at most."""

MOST_ALLEGATIONS = 20
"""Allegations or questions of one report."""

MOST_LINKED = 20
"""Cases of one bundle."""

SCORES = range(1, 6)
"""What a supervisor may give, the best last (A-10)."""


class TaskStatus(StrEnum):
    """Where one department's share of a joint case stands."""

    OPEN = "OPEN"
    DONE = "DONE"
    CANCELED = "CANCELED"


class VisitEffect(StrEnum):
    """What a return visit finds of the result (HS-06)."""

    SOLVED = "SOLVED"
    PARTLY = "PARTLY"
    NOT_SOLVED = "NOT_SOLVED"
