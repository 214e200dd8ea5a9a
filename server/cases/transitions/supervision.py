"""The rows of what runs beside the work: tracked, urged, reported on, explained (T14-T16, T18, A-23)."""

from __future__ import annotations

from server.cases.guards import people, progress, supervision, words
from server.cases.states import UNRESOLVED, Action, CaseStatus, EventKind
from server.cases.transitions.row import Transition

_A, _E, _S = Action, EventKind, CaseStatus
_AT_WORK = frozenset({_S.DISPATCHED, _S.CLAIMED, _S.IN_PROGRESS})
# Tracking and urging lie between dispatch and feedback, which waits for them. Where the city skips the feedback,
# what was solved at once and is rated already is caught up on before the archive.
_CAUGHT_UP = _AT_WORK | {_S.RESOLVED, _S.FEEDBACK_GIVEN, _S.RATED, _S.PUBLISHED}

ROWS = (
    Transition(
        _A.TRACK,
        _E.TRACKED,
        _CAUGHT_UP,
        None,
        "case:supervise",
        "T16",
        requires=(supervision.not_by_handler,),
    ),
    Transition(
        _A.URGE,
        _E.URGED,
        _AT_WORK,
        None,
        "case:supervise",
        "T16",
        allows=(supervision.tracked, supervision.no_open_urge),
        requires=(supervision.not_by_handler, words.with_text),
    ),
    Transition(
        _A.ANSWER_URGE,
        _E.URGE_ANSWERED,
        _CAUGHT_UP,
        None,
        "case:progress",
        "T16",
        allows=(supervision.open_urge,),
        requires=(people.by_holder_if_any, supervision.not_own_urge, words.with_text),
    ),
    Transition(
        _A.WAIVE_URGE,
        _E.URGE_WAIVED,
        _CAUGHT_UP,
        None,
        "case:supervise",
        "T16, A-23",
        allows=(supervision.tracked, supervision.never_urged),
        requires=(supervision.not_by_handler, words.with_reason),
    ),
    Transition(
        _A.PROGRESS,
        _E.PROGRESSED,
        frozenset({_S.IN_PROGRESS}),
        None,
        "case:progress",
        "T14, T15, AQ-03",
        requires=(people.by_holder_if_any, words.with_text, progress.with_consent, progress.with_check_made),
    ),
    # The duty to explain does not wait for the work to begin (AQ-05).
    Transition(
        _A.EXPLAIN,
        _E.EXPLAINED,
        UNRESOLVED,
        None,
        "case:progress",
        "T18",
        allows=(progress.to_be_explained,),
        requires=(people.by_holder_if_any, words.with_text),
    ),
)
