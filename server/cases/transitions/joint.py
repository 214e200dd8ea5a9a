"""The rows of what runs beside the states: shares of departments, answers, scores, return visits, bundles (T9, T20, T22)."""

from __future__ import annotations

from server.cases.guards import appraisal, joint, words
from server.cases.states import MAIN_LINE, TERMINAL, Action, CaseStatus, EventKind
from server.cases.transitions.row import Transition

_A, _E, _S = Action, EventKind, CaseStatus
_ALIVE = frozenset(MAIN_LINE) - TERMINAL
_SHARED = frozenset({_S.DISPATCHED, _S.CLAIMED, _S.IN_PROGRESS})
_TOLD = frozenset(MAIN_LINE[MAIN_LINE.index(_S.FEEDBACK_GIVEN) :]) - TERMINAL
_CONCLUDED = _TOLD | {_S.RESOLVED}

ROWS = (
    Transition(
        _A.ASSIGN_TASKS,
        _E.TASKS_ASSIGNED,
        _SHARED,
        None,
        "case:dispatch",
        "T9",
        requires=(joint.with_room_for_tasks,),
    ),
    Transition(
        _A.COMPLETE_TASK,
        _E.TASK_COMPLETED,
        _SHARED,
        None,
        "case:resolve",
        "T9",
        allows=(joint.some_open_task,),
        requires=(joint.with_open_task, words.with_result),
    ),
    Transition(
        _A.CANCEL_TASK,
        _E.TASK_CANCELED,
        _SHARED,
        None,
        "case:dispatch",
        "T9",
        allows=(joint.some_open_task,),
        requires=(joint.with_open_task, words.with_reason),
    ),
    # A template that skips the feedback may have the case rated before everything is answered, never archived.
    Transition(
        _A.ANSWER_ALLEGATION,
        _E.ALLEGATION_ANSWERED,
        _CONCLUDED | {_S.IN_PROGRESS},
        None,
        "case:feedback",
        "T20",
        allows=(joint.some_unanswered,),
        requires=(joint.with_unanswered_allegation, words.with_answer),
    ),
    Transition(
        _A.SCORE,
        _E.SCORED,
        _CONCLUDED,
        None,
        "case:score",
        "T21",
        first=(appraisal.not_scored,),
        requires=(appraisal.not_own_work, appraisal.with_score),
    ),
    Transition(
        _A.VISIT,
        _E.RETURN_VISITED,
        _TOLD,
        None,
        "case:return_visit",
        "T22",
        requires=(appraisal.not_own_work, words.with_finding),
    ),
    Transition(_A.LINK, _E.LINKED, _ALIVE, None, "case:triage", "HH-15", requires=(joint.free_to_join,)),
    Transition(_A.UNLINK, _E.UNLINKED, _ALIVE, None, "case:triage", "HH-15", allows=(joint.in_bundle,)),
)
