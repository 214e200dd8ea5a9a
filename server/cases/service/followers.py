"""Whoever reported a merged case hears when the one that goes on moves: by an event of their own case, and no more (T4).

Written in the transaction of the step, by the platform: who took it, and in which words, is the other reporter's to know
(P-03). What ``Case.survivor`` tells changes with the state alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from server.cases import rules
from server.cases.models import Case, CaseEvent
from server.cases.replay import CaseEventFacts, apply, replay
from server.cases.service.logs import logs_of
from server.cases.service.records import change_by, event_values
from server.cases.states import Action, CaseFacts
from server.events.record import record_all
from tenants.context import Actor, system_actor
from tenants.sessions import WriteSession
from tenants.sets import Columns, insert_rows, table_of, update_rows

_PLATFORM = "merging"


@dataclass(frozen=True, slots=True)
class Follower:
    """A merged case. row: its id and deadline; state: what its log replays to."""

    row: Any
    state: CaseFacts


async def followers_of(session: WriteSession, row: Case) -> list[Follower]:
    """The cases merged into one that is locked; they are locked after it, in the order of their ids."""
    case = table_of(Case).c
    found = await session.execute(
        select(case.id, case.due_at)
        .where(case.tenant_id == row.tenant_id, case.merged_into_id == row.id)
        .order_by(case.id)
        .with_for_update(),
    )
    rows = found.all()
    if not rows:
        return []
    logs = await logs_of(session, [each.id for each in rows], tenant_id=row.tenant_id)
    return [Follower(each, replay(logs[each.id])) for each in rows]


async def tell_followers(session: WriteSession, followers: Sequence[Follower], *, at: datetime, actor: Actor) -> None:
    """Give each merged case its event. After that of the case that goes on: last in the transaction."""
    if not followers:
        return
    platform = system_actor(actor.tenant_id, name=_PLATFORM, request_id=actor.request_id)
    told = [(each, _event(each.state, at)) for each in followers]
    columns: Columns = {
        "version": [apply(each.state, event).version for each, event in told],
        "changed_at": [at] * len(told),
    }
    await update_rows(session, Case, actor.tenant_id, [each.row.id for each in followers], columns)
    changes = [change_by(Action.FOLLOW, each.row, event, each.state, platform) for each, event in told]
    numbers = await record_all(session, changes, actor=platform)
    history = [
        event_values(each.row, event, before=each.state, role="system", note=None, actor=platform)
        for each, event in told
    ]
    values = {name: [line[name] for line in history] for name in history[0]}
    await insert_rows(session, CaseEvent, actor.tenant_id, {"seq": numbers, **values})


def _event(state: CaseFacts, at: datetime) -> CaseEventFacts:
    kind = rules.TRANSITIONS[Action.FOLLOW].event
    return CaseEventFacts(kind, state.version + 1, at, state.status, state.level)
