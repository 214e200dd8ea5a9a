"""What must be true of the cases of a run when it is over (sources.md 3.6), read from the rows and the logs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select

from server.cases.models import Case, CaseEvent
from server.cases.replay import replay
from server.cases.service.changes import STATE_COLUMNS, read_log
from server.cases.states import CaseFacts
from server.events.models import Event
from tenants.ids import split_public_id
from tests.proof.model import Matter
from tests.proof.people import RESIDENT
from tests.proof.table import ENDS, MAIN
from tests.server.cases.towns import Town

_LEAVES_AN_END = {("REJECTED", "APPEALED")}
_STAYS_AT_AN_END = {"SURVIVOR_MOVED", "RETAINED"}
_GOES_BACK = {"APPEALED", "RELEASED", "TAKEN_BACK", "REOPENED"}
_FREES = {"DISPATCHED", "RELEASED", "TAKEN_BACK", "ESCALATED", "SENT_BACK"}


async def check_invariants(town: Town, matters: Mapping[str, Matter]) -> None:
    """Of each case by its public id: log, row and model agree, and the history breaks no rule of 3.6."""
    for public, matter in matters.items():
        split = split_public_id(public)
        assert split is not None
        row, history, facts, events = await _read(town, split[1])
        for column in STATE_COLUMNS:
            stored = getattr(row, column)
            assert stored == getattr(facts, column), (column, stored)
        _check_model(town, matter, facts)
        assert [event.version for event in history] == list(range(1, row.version + 1))
        assert [event.seq for event in history] == events
        _check_history(town, history)
        if facts.rating is not None:
            assert matter.reporter == RESIDENT
            assert (row.reporter_id is not None) == (matter.reporter == RESIDENT)
        if row.status == "ARCHIVED":
            _check_course(matter, history)


async def _read(town: Town, case_id: UUID) -> tuple[Case, list[CaseEvent], CaseFacts, list[int]]:
    """A case, its history, what that replays to, and its numbers in the city's log."""
    tenant_id = town.tenant_id
    async with town.database.write(tenant_id) as session:
        row = (await session.scalars(select(Case).where(Case.tenant_id == tenant_id, Case.id == case_id))).one()
        history = select(CaseEvent).where(CaseEvent.tenant_id == tenant_id, CaseEvent.case_id == case_id)
        events = select(Event.seq).where(Event.tenant_id == tenant_id, Event.subject_id == case_id)
        return (
            row,
            list(await session.scalars(history.order_by(CaseEvent.version))),
            replay(await read_log(session, case_id, tenant_id=tenant_id)),
            list(await session.scalars(events.order_by(Event.seq))),
        )


def _check_model(town: Town, matter: Matter, facts: CaseFacts) -> None:
    """The model knows what the log knows."""
    assert (facts.status, facts.version, facts.category, facts.severity) == (
        matter.status,
        matter.version,
        matter.category,
        matter.severity,
    )
    assert facts.level == town.policy.chain[matter.level]
    assert (facts.handler_id is None, facts.claimant_id is not None) == (
        matter.holder is None,
        "claimed" in matter.flags,
    )
    assert (facts.rating, facts.score, facts.visit_effect) == (
        matter.kept.get("rating"),
        matter.kept.get("score"),
        matter.kept.get("effect"),
    )
    assert (facts.reopen_count, facts.answered) == (
        matter.kept.get("reopens", 0),
        frozenset(matter.answered),
    )
    assert (facts.bundle_id is None) == (matter.bundle is None)
    if facts.status != "WITHDRAWN":
        assert len(facts.tasks_open) == len(matter.busy)


def _check_history(town: Town, history: list[CaseEvent]) -> None:
    """One claimant at a time, levels one by one, time forward, no way out of an end but one appeal."""
    claimed, chain = False, town.policy.chain
    for event in history:
        assert not (claimed and event.kind == "CLAIMED")
        claimed = (claimed or event.kind == "CLAIMED") and event.kind not in _FREES
    for before, after in pairwise(history):
        climb = {"ESCALATED": 1, "SENT_BACK": -1}.get(after.kind, 0)
        assert chain.index(before.level) - chain.index(after.level) == climb
        assert (before.at, before.seq) <= (after.at, after.seq)
        assert after.from_status == before.to_status
        if before.to_status in ENDS and (before.to_status, after.kind) not in _LEAVES_AN_END:
            assert after.kind in _STAYS_AT_AN_END
            assert after.to_status == before.to_status
    assert sum(event.kind == "APPEALED" for event in history) <= 1


def _check_course(matter: Matter, history: list[CaseEvent]) -> None:
    """Each demanded step was stamped; those that are states, as they were taken last, in the order of the line (JM-09)."""
    stamped = [event.step for event in history if event.step is not None]
    assert matter.demands <= set(stamped)
    last = {step: place for place, step in enumerate(stamped) if step in MAIN}
    assert sorted(last, key=MAIN.index) == sorted(last, key=last.__getitem__)
    if not _GOES_BACK & {event.kind for event in history}:
        assert len(stamped) == len(set(stamped))
