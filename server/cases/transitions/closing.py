"""The rows of a case's end: resolved, fed back, rated, reopened, withdrawn, archived (T5, T19-T22, T25)."""

from __future__ import annotations

from server.cases.guards import appraisal, closing, intake, joint, levels, people, steps, supervision, words
from server.cases.states import UNRESOLVED, Action, CaseStatus, EventKind
from server.cases.transitions.row import Transition

_A, _E, _S = Action, EventKind, CaseStatus

ROWS = (
    Transition(
        _A.RESOLVE,
        _E.RESOLVED,
        frozenset({_S.IN_PROGRESS}),
        _S.RESOLVED,
        "case:resolve",
        "T19",
        allows=(joint.no_open_tasks,),
        requires=(people.by_holder_if_any, words.with_result),
    ),
    Transition(
        _A.GIVE_FEEDBACK,
        _E.FEEDBACK_GIVEN,
        frozenset({_S.RESOLVED}),
        _S.FEEDBACK_GIVEN,
        "case:feedback",
        "T20",
        allows=(joint.all_answered, supervision.supervised, levels.relayed),
        requires=(words.with_feedback,),
    ),
    Transition(
        _A.RELAY_FEEDBACK,
        _E.FEEDBACK_RELAYED,
        frozenset({_S.RESOLVED}),
        None,
        "case:feedback",
        "T20, JM-23",
        allows=(levels.relay_left,),
        requires=(words.with_feedback,),
    ),
    Transition(
        _A.RATE,
        _E.RATED,
        frozenset({_S.FEEDBACK_GIVEN}),
        _S.RATED,
        "case:rate",
        "T21",
        first=(closing.not_rated,),
        allows=(closing.rating_open,),
        requires=(people.by_reporter, people.not_own_service, closing.with_rating),
    ),
    Transition(
        _A.REOPEN,
        _E.REOPENED,
        frozenset({_S.FEEDBACK_GIVEN, _S.RATED}),
        _S.IN_PROGRESS,
        "case:reopen",
        "T22",
        allows=(closing.reopenings_left,),
        requires=(appraisal.by_reporter_or_visitor, words.with_reason),
    ),
    Transition(
        _A.WITHDRAW,
        _E.WITHDRAWN,
        UNRESOLVED,
        _S.WITHDRAWN,
        "case:withdraw",
        "T5",
        requires=(people.by_reporter, intake.followed_by_none),
    ),
    Transition(
        _A.ARCHIVE,
        _E.ARCHIVED,
        frozenset({_S.FEEDBACK_GIVEN, _S.RATED, _S.PUBLISHED}),
        _S.ARCHIVED,
        "case:archive",
        "T25",
        first=(steps.steps_complete,),
        allows=(joint.all_answered,),
    ),
)
