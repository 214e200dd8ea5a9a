"""The one table of what can be done to a case, from which state, by which permission, under which guards.

After sources.md 3.3. Permission strings are ``area:verb``; who holds them and where is not decided here. The rows are in
``transitions``, by phase; their words live in ``states``, their conditions in ``guards``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from server.cases.guards.levels import next_level, relaying
from server.cases.guards.progress import explanation_due_at
from server.cases.guards.steps import missing_steps, open_to, rating_closes_at, step_taken
from server.cases.states import (
    Action,
    Attempt,
    CaseFacts,
    CaseStatus,
    CaseTemplate,
    EventKind,
)
from server.cases.transitions import clock, closing, intake, joint, keeping, supervision, work
from server.cases.transitions.row import Transition
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
    "explanation_due_at",
    "level_after",
    "missing_steps",
    "next_level",
    "on_report",
    "possible_actions",
    "rating_closes_at",
    "relaying",
    "sources",
    "step_taken",
]

TRANSITIONS: Mapping[Action, Transition] = MappingProxyType(
    {
        row.action: row
        for row in (
            *intake.ROWS,
            *work.ROWS,
            *clock.ROWS,
            *supervision.ROWS,
            *closing.ROWS,
            *joint.ROWS,
            *keeping.ROWS,
        )
    },
)


def sources(action: Action, template: CaseTemplate) -> frozenset[CaseStatus]:
    """The states the action starts from under this template: a template skips steps but never reorders them."""
    return open_to(TRANSITIONS[action].source, template)


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
    """The level the case is at after ``action``: one step up when escalated (at the top an overdue case stays
    there), where it came from when sent back.

    Raises CASE_TOP_LEVEL for ESCALATE at the top, LEVEL_NOT_LISTED for a level off the chain.
    """
    if action is Action.ESCALATE_OVERDUE and case.level in template.escalation_chain[:1]:
        return case.level
    if action is Action.SEND_BACK and case.climbed:
        return case.climbed[-1].level
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
