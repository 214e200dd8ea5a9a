"""One row of the table of what can be done to a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from server.cases.states import Action, Attempt, CaseFacts, CaseStatus, CaseTemplate, EventKind

StateGuard = Callable[[CaseFacts, CaseTemplate, datetime], None]
AttemptGuard = Callable[[CaseFacts, CaseTemplate, Attempt], None]


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table.

    event: the kind of the event it leaves. source: states it starts from, before the template's skips; empty for
    reporting. target: None leaves the state as it is.
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
