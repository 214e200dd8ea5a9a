"""Where on the chain of levels a case may go (sources.md 3.4)."""

from __future__ import annotations

from datetime import datetime

from server.cases.states import CaseFacts, CaseTemplate, Hop
from server.errors import RuleViolation


def next_level(chain: tuple[str, ...], level: str) -> str:
    """The level one step above (T12, JM-23); chain: level codes, highest first. Raises CASE_TOP_LEVEL, LEVEL_NOT_LISTED."""
    if level not in chain:
        raise RuleViolation("Level {level} is not on the escalation chain.", code="LEVEL_NOT_LISTED", level=level)
    position = chain.index(level)
    if position == 0:
        raise RuleViolation("The case is at the top level {level} already.", code="CASE_TOP_LEVEL", level=level)
    return chain[position - 1]


def climbed(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if not case.climbed:
        raise RuleViolation("This case was never handed up: nobody below had it.", code="CASE_NOT_CLIMBED")


def below_top(case: CaseFacts, template: CaseTemplate, _now: datetime) -> None:
    next_level(template.escalation_chain, case.level)


def relay_left(case: CaseFacts, template: CaseTemplate, _now: datetime) -> None:
    if relaying(case, template) is None:
        raise RuleViolation("No organization has the feedback still to pass on.", code="CASE_NOTHING_TO_RELAY")


def relayed(case: CaseFacts, template: CaseTemplate, _now: datetime) -> None:
    hop = relaying(case, template)
    if hop is not None:
        raise RuleViolation(
            "The feedback goes through every level that handed the case up; next: {level}.",
            code="CASE_NOT_RELAYED",
            level=hop.level,
        )


def relaying(case: CaseFacts, template: CaseTemplate) -> Hop | None:
    """Who is next to pass the feedback on, the newest hop first (JM-23); None where nobody has to any more."""
    waiting = case.climbed[: len(case.climbed) - case.relayed]
    return waiting[-1] if template.feedback_by_hop and waiting else None
