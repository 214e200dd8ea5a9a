"""The rows of what becomes of a result: made public or not, and kept without its personal parts (T23, T24, P-13)."""

from __future__ import annotations

from server.cases.guards import people, publication, words
from server.cases.states import TERMINAL, Action, CaseStatus, EventKind
from server.cases.transitions.row import Transition

_A, _E, _S = Action, EventKind, CaseStatus
_JUDGED = frozenset({_S.FEEDBACK_GIVEN, _S.RATED})

ROWS = (
    Transition(
        _A.PUBLISH,
        _E.PUBLISHED,
        _JUDGED,
        _S.PUBLISHED,
        "case:publish",
        "T23",
        allows=(publication.publishing, publication.rating_over, publication.not_waived),
        requires=(publication.of_public_category, publication.with_checked_copy),
    ),
    Transition(
        _A.WAIVE_PUBLICATION,
        _E.PUBLICATION_WAIVED,
        _JUDGED,
        None,
        "case:publish",
        "T24",
        allows=(publication.publishing, publication.rating_over, publication.not_waived),
        requires=(words.with_reason,),
    ),
    Transition(
        _A.RETAIN,
        _E.RETAINED,
        TERMINAL,
        None,
        None,
        "T25",
        allows=(publication.not_retained,),
        requires=(people.by_worker,),
    ),
)
