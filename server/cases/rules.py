"""The one table of what can be done to a case, from which state, by which permission, under which guards.

After sources.md 3.3 (T1-T12, T19-T22, T25). Permission strings are ``area:verb``; who holds them and where is not
decided here. The words of the table live in ``states``, its conditions in ``guards``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from server.cases import guards
from server.cases.states import (
    UNRESOLVED,
    Action,
    Attempt,
    CaseFacts,
    CaseStatus,
    CaseTemplate,
    EventKind,
)
from server.errors import Conflict, RuleViolation

__all__ = [
    "TRANSITIONS",
    "Action",
    "Attempt",
    "CaseFacts",
    "CaseStatus",
    "CaseTemplate",
    "EventKind",
    "Transition",
    "check",
    "check_version",
    "level_after",
    "missing_steps",
    "next_level",
    "on_report",
    "possible_actions",
    "rating_closes_at",
    "sources",
]

missing_steps = guards.missing_steps
next_level = guards.next_level
rating_closes_at = guards.rating_closes_at

StateGuard = Callable[[CaseFacts, CaseTemplate, datetime], None]
AttemptGuard = Callable[[CaseFacts, CaseTemplate, Attempt], None]


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table.

    event: the kind of the event it leaves. source: states it starts from, before the template's skips; empty for reporting. target: None leaves the state as it is.
    permission: None where only the worker acts. first: guards whose answer says more than a wrong state would, asked
    before it; allows: asked of the case after it; requires: asked of the attempt, last.
    """

    action: Action
    event: EventKind
    source: frozenset[CaseStatus]
    target: CaseStatus | None
    permission: str | None
    source_row: str
    first: tuple[StateGuard, ...] = ()
    allows: tuple[StateGuard, ...] = ()
    requires: tuple[AttemptGuard, ...] = ()


_A, _E, _S = Action, EventKind, CaseStatus

_ROWS = (
    Transition(_A.REPORT, _E.REPORTED, frozenset(), _S.REPORTED, "case:report", "T1"),
    Transition(_A.ACCEPT, _E.ACCEPTED, frozenset({_S.REPORTED}), _S.ACCEPTED, "case:accept", "T2"),
    Transition(
        _A.REJECT,
        _E.REJECTED,
        frozenset({_S.REPORTED}),
        _S.REJECTED,
        "case:reject",
        "T3",
        requires=(guards.with_reason,),
    ),
    Transition(
        _A.TRIAGE,
        _E.TRIAGED,
        frozenset({_S.ACCEPTED}),
        _S.TRIAGED,
        "case:triage",
        "T6",
        requires=(guards.with_classification,),
    ),
    # DISPATCHED is a source as well: a case nobody has taken up can be sent elsewhere, or it would wait for ever.
    Transition(
        _A.DISPATCH,
        _E.DISPATCHED,
        frozenset({_S.TRIAGED, _S.DISPATCHED}),
        _S.DISPATCHED,
        "case:dispatch",
        "T7",
        requires=(guards.with_allowed_target,),
    ),
    Transition(
        _A.CLAIM,
        _E.CLAIMED,
        frozenset({_S.DISPATCHED}),
        _S.CLAIMED,
        "case:claim",
        "T8",
        first=(guards.not_claimed,),
        allows=(guards.in_pool,),
        requires=(guards.by_member,),
    ),
    Transition(
        _A.START,
        _E.STARTED,
        frozenset({_S.DISPATCHED, _S.CLAIMED}),
        _S.IN_PROGRESS,
        "case:start",
        "T9, T10",
        allows=(guards.has_handler,),
        requires=(guards.by_holder,),
    ),
    Transition(
        _A.RELEASE,
        _E.RELEASED,
        frozenset({_S.CLAIMED, _S.IN_PROGRESS}),
        _S.DISPATCHED,
        "case:release",
        "T11",
        allows=(guards.has_handler,),
        requires=(guards.by_holder, guards.with_reason),
    ),
    Transition(
        _A.TAKE_BACK,
        _E.TAKEN_BACK,
        frozenset({_S.CLAIMED, _S.IN_PROGRESS}),
        _S.DISPATCHED,
        "case:dispatch",
        "T11",
        requires=(guards.with_reason,),
    ),
    Transition(
        _A.ESCALATE,
        _E.ESCALATED,
        frozenset({_S.IN_PROGRESS}),
        None,
        "case:escalate",
        "T12",
        allows=(guards.below_top,),
        requires=(guards.with_reason,),
    ),
    # Lateness does not wait for somebody to start: the worker escalates from every state that is not resolved.
    Transition(
        _A.ESCALATE_OVERDUE,
        _E.ESCALATED_OVERDUE,
        UNRESOLVED,
        None,
        None,
        "T12, T17",
        allows=(guards.not_overdue_yet,),
        requires=(guards.by_worker,),
    ),
    Transition(
        _A.RESOLVE,
        _E.RESOLVED,
        frozenset({_S.IN_PROGRESS}),
        _S.RESOLVED,
        "case:resolve",
        "T19",
        requires=(guards.by_holder_if_any, guards.with_result),
    ),
    Transition(
        _A.GIVE_FEEDBACK,
        _E.FEEDBACK_GIVEN,
        frozenset({_S.RESOLVED}),
        _S.FEEDBACK_GIVEN,
        "case:feedback",
        "T20",
        requires=(guards.with_feedback,),
    ),
    Transition(
        _A.RATE,
        _E.RATED,
        frozenset({_S.FEEDBACK_GIVEN}),
        _S.RATED,
        "case:rate",
        "T21",
        first=(guards.not_rated,),
        allows=(guards.rating_open,),
        requires=(guards.by_reporter, guards.not_own_service, guards.with_rating),
    ),
    Transition(
        _A.REOPEN,
        _E.REOPENED,
        frozenset({_S.FEEDBACK_GIVEN, _S.RATED}),
        _S.IN_PROGRESS,
        "case:reopen",
        "T22",
        allows=(guards.reopenings_left,),
        requires=(guards.by_reporter_or_supervisor, guards.with_reason),
    ),
    Transition(
        _A.WITHDRAW, _E.WITHDRAWN, UNRESOLVED, _S.WITHDRAWN, "case:withdraw", "T5", requires=(guards.by_reporter,)
    ),
    Transition(
        _A.ARCHIVE,
        _E.ARCHIVED,
        frozenset({_S.FEEDBACK_GIVEN, _S.RATED}),
        _S.ARCHIVED,
        "case:archive",
        "T25",
        first=(guards.steps_complete,),
    ),
)

TRANSITIONS: Mapping[Action, Transition] = MappingProxyType({row.action: row for row in _ROWS})


def sources(action: Action, template: CaseTemplate) -> frozenset[CaseStatus]:
    """The states the action starts from under this template: a template skips steps but never reorders them."""
    return guards.open_to(TRANSITIONS[action].source, template)


def check(action: Action, case: CaseFacts, *, template: CaseTemplate, attempt: Attempt) -> CaseStatus:
    """The state after ``action``; raises RuleViolation with the code of the first rule broken.

    CASE_WRONG_STATUS names the present state and what is possible now. Permission and scope are checked elsewhere.
    """
    row = TRANSITIONS[action]
    for guard in row.first:
        guard(case, template, attempt.now)
    if case.status not in sources(action, template):
        raise RuleViolation(
            "{action} is not possible while the case is {status}. Possible now: {possible}.",
            code="CASE_WRONG_STATUS",
            action=action,
            status=case.status,
            possible=", ".join(possible_actions(case, template, now=attempt.now)) or "nothing",
        )
    for guard in row.allows:
        guard(case, template, attempt.now)
    for condition in row.requires:
        condition(case, template, attempt)
    return row.target or case.status


def possible_actions(case: CaseFacts, template: CaseTemplate, *, now: datetime) -> tuple[Action, ...]:
    """What people can do to the case now, whoever they are, in the order of the table; the worker's action is left out."""
    return tuple(
        action
        for action, row in TRANSITIONS.items()
        if row.permission and case.status in sources(action, template) and _allowed(row, case, template, now)
    )


def on_report(template: CaseTemplate) -> tuple[Action, ...]:
    """The actions a new case goes through at once, each with its own event (T1, T2)."""
    return (Action.REPORT, Action.ACCEPT) if template.automatic_accept else (Action.REPORT,)


def level_after(action: Action, case: CaseFacts, template: CaseTemplate) -> str:
    """The level the case is at after ``action``: one step up when escalated, and at the top an overdue case stays there.

    Raises CASE_TOP_LEVEL for ESCALATE at the top, LEVEL_NOT_LISTED for a level off the chain.
    """
    if action is Action.ESCALATE_OVERDUE and case.level in template.escalation_chain[:1]:
        return case.level
    if action in {Action.ESCALATE, Action.ESCALATE_OVERDUE}:
        return next_level(template.escalation_chain, case.level)
    return case.level


def check_version(case: CaseFacts, expected: int) -> None:
    """Raise Conflict VERSION_CONFLICT unless the caller saw the present version."""
    if case.version != expected:
        raise Conflict(
            "The case is at version {version}; you saw {expected}. Read it again.",
            code="VERSION_CONFLICT",
            field=("expectedVersion",),
            version=case.version,
            expected=expected,
        )


def _allowed(row: Transition, case: CaseFacts, template: CaseTemplate, now: datetime) -> bool:
    try:
        for guard in (*row.first, *row.allows):
            guard(case, template, now)
    except RuleViolation:
        return False
    return True
