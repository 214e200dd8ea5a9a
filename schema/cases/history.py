"""The history of a case in the graph."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.cases.inputs import CaseEventOrder, CaseStep
from schema.connections import Node
from schema.planner.declare import column, embedded, entity, newest_first, oldest_first, part, to_any, to_one
from server.cases import columns, histories, models, telling, visibility
from server.cases.states import CaseStatus, EventKind, Handling

if TYPE_CHECKING:
    from schema.cases.parties import CaseParty
    from schema.cases.types import Case
    from schema.members.types import Member


@embedded
class FieldCheck:
    """A look on the spot."""

    at: datetime | None = column("When it was made; null when there was none.", of="checked_at")
    findings: str | None = column("What was seen.")


@entity(
    models.CaseEvent,
    prefix="caseevent",
    visible=visibility.case_events,
    orders={
        CaseEventOrder.SEQ_ASC: oldest_first("version", unique=True),
        CaseEventOrder.SEQ_DESC: newest_first("version", unique=True),
    },
)
class CaseEvent(Node):
    """One step of a case's history."""

    seq: int = column("Its number in the case's history, 1 for the report; the case's version after it.", of="version")
    kind: EventKind = column("What happened.")
    from_status: CaseStatus | None = column("The state before; null for the report.")
    to_status: CaseStatus = column("The state after.")
    level: str = column("Code of the level that had the case after it.")
    told: list[str] = column(
        "The roles that were told of it, at the organization that had the case after it.", expression=histories.told
    )
    told_me: bool = column("Whether the viewer holds one of those roles there.", expression=histories.told_me)
    actor_role: str = column("The role that acted.")
    note: str | None = column(
        "The reason or remark given. Reporters read what is said to them and their own words, null for what the offices "
        "say among themselves.",
        expression=telling.note,
    )
    step: CaseStep | None = column("The mandatory step it stamps; null when it stamps none.")
    handling: Handling | None = column("What the work consists of from then on; null for no change.")
    parties_consented: int | None = column("How many parties consented to the mediation.")
    field_check: FieldCheck = part("The look on the spot that it reports.")
    at: datetime = column("When it happened.")
    by: Annotated[CaseParty, strawberry.lazy("schema.cases.parties")] | None = to_any(
        "Who took the step: a member, or the resident who reported the case; null for the worker, and for whomever the "
        "viewer may not see.",
        {"Member": "actor_member_id", "Resident": columns.acting_resident},
    )
    actor: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "The member who acted, if the viewer may see them; null for residents and the worker.",
        by="actor_member_id",
    )
    case: Annotated[Case, strawberry.lazy("schema.cases.types")] | None = to_one("The case.", by="case_id")
