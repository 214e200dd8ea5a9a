"""The rows of the work on a case: sent, claimed, begun, given back, handed up and down (T7-T13, T17)."""

from __future__ import annotations

from server.cases.guards import clock, levels, people, words, work
from server.cases.states import UNRESOLVED, Action, CaseStatus, EventKind
from server.cases.transitions.row import Transition

_A, _E, _S = Action, EventKind, CaseStatus

ROWS = (
    # DISPATCHED is a source as well: a case nobody has taken up can be sent elsewhere, or it would wait for ever.
    Transition(
        _A.DISPATCH,
        _E.DISPATCHED,
        frozenset({_S.TRIAGED, _S.DISPATCHED}),
        _S.DISPATCHED,
        "case:dispatch",
        "T7",
        requires=(work.with_allowed_target,),
    ),
    Transition(
        _A.CLAIM,
        _E.CLAIMED,
        frozenset({_S.DISPATCHED}),
        _S.CLAIMED,
        "case:claim",
        "T8",
        first=(work.not_claimed,),
        allows=(work.in_pool,),
        requires=(people.by_member,),
    ),
    Transition(
        _A.START,
        _E.STARTED,
        frozenset({_S.DISPATCHED, _S.CLAIMED}),
        _S.IN_PROGRESS,
        "case:start",
        "T9, T10",
        allows=(work.has_handler,),
        requires=(people.by_holder,),
    ),
    Transition(
        _A.RELEASE,
        _E.RELEASED,
        frozenset({_S.CLAIMED, _S.IN_PROGRESS}),
        _S.DISPATCHED,
        "case:release",
        "T11",
        allows=(work.has_handler,),
        requires=(people.by_holder, words.with_reason),
    ),
    Transition(
        _A.TAKE_BACK,
        _E.TAKEN_BACK,
        frozenset({_S.CLAIMED, _S.IN_PROGRESS}),
        _S.DISPATCHED,
        "case:dispatch",
        "T11",
        requires=(words.with_reason,),
    ),
    Transition(
        _A.ESCALATE,
        _E.ESCALATED,
        frozenset({_S.IN_PROGRESS}),
        None,
        "case:escalate",
        "T12",
        allows=(levels.below_top,),
        requires=(words.with_reason,),
    ),
    Transition(
        _A.SEND_BACK,
        _E.SENT_BACK,
        frozenset({_S.IN_PROGRESS}),
        None,
        "case:send_back",
        "T13",
        allows=(levels.climbed,),
        requires=(words.with_reason,),
    ),
    # Lateness does not wait for somebody to start: the worker escalates from every state that is not resolved.
    Transition(
        _A.ESCALATE_OVERDUE,
        _E.ESCALATED_OVERDUE,
        UNRESOLVED,
        None,
        None,
        "T12, T17",
        requires=(people.by_worker, clock.next_on_the_ladder),
    ),
)
