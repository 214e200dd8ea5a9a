"""The rows of what the worker does when time passes (T17). Lateness does not wait for somebody to start."""

from __future__ import annotations

from server.cases.guards import clock, people
from server.cases.states import UNENDED, UNRESOLVED, Action, EventKind
from server.cases.transitions.row import Transition

_A, _E = Action, EventKind

ROWS = (
    Transition(
        _A.NOTIFY,
        _E.NOTIFIED,
        UNRESOLVED,
        None,
        None,
        "T17",
        requires=(people.by_worker, clock.next_on_the_ladder),
    ),
    Transition(
        _A.MISS_TARGET,
        _E.TARGET_MISSED,
        UNRESOLVED,
        None,
        None,
        "T17",
        requires=(people.by_worker, clock.not_missed_yet),
    ),
    Transition(_A.MOVE_DEADLINE, _E.DEADLINE_MOVED, UNRESOLVED, None, None, "T6", requires=(people.by_worker,)),
    Transition(_A.RENEW_TEMPLATE, _E.TEMPLATE_RENEWED, UNENDED, None, None, "T6", requires=(people.by_worker,)),
)
