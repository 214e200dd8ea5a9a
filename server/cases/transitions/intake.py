"""The rows of a case's beginning: reported, accepted, refused or merged, classified anew (T1-T4, T6, A-09)."""

from __future__ import annotations

from server.cases.guards import intake, people, progress, words, work
from server.cases.states import Action, CaseStatus, EventKind
from server.cases.transitions.row import Transition

_A, _E, _S = Action, EventKind, CaseStatus

ROWS = (
    Transition(_A.REPORT, _E.REPORTED, frozenset(), _S.REPORTED, "case:report", "T1"),
    Transition(_A.ACCEPT, _E.ACCEPTED, frozenset({_S.REPORTED}), _S.ACCEPTED, "case:accept", "T2"),
    Transition(
        _A.REJECT,
        _E.REJECTED,
        frozenset({_S.REPORTED}),
        _S.REJECTED,
        "case:reject",
        "T3",
        requires=(words.with_reason,),
    ),
    Transition(
        _A.APPEAL,
        _E.APPEALED,
        frozenset({_S.REJECTED}),
        _S.REPORTED,
        "case:appeal",
        "T3",
        allows=(intake.not_appealed,),
        requires=(people.by_reporter, words.with_reason),
    ),
    Transition(
        _A.MERGE,
        _E.MERGED,
        frozenset({_S.REPORTED, _S.ACCEPTED}),
        _S.MERGED,
        "case:merge",
        "T4",
        requires=(intake.with_survivor, intake.absorbed_nothing),
    ),
    # It stays where it ended; its reporter hears that the case it was merged into has come to another state.
    Transition(
        _A.FOLLOW,
        _E.SURVIVOR_MOVED,
        frozenset({_S.MERGED}),
        None,
        None,
        "T4",
        requires=(people.by_worker,),
    ),
    Transition(
        _A.TRIAGE,
        _E.TRIAGED,
        frozenset({_S.ACCEPTED}),
        _S.TRIAGED,
        "case:triage",
        "T6",
        requires=(work.with_classification,),
    ),
    # The dispatcher decides with a reason, and whoever is above may decide again.
    Transition(
        _A.RECLASSIFY,
        _E.RECLASSIFIED,
        frozenset({_S.TRIAGED, _S.DISPATCHED, _S.CLAIMED, _S.IN_PROGRESS}),
        None,
        "case:triage",
        "A-09, AQ-05",
        requires=(words.with_reason, progress.with_other_class),
    ),
)
