"""Cases in the graph."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from schema.attachments.inputs import AttachmentFilter
from schema.cases import clocks
from schema.cases.clock_types import MOST_TARGETS, CaseHop, CaseTarget, Deadline
from schema.cases.contacts import open_names, open_phones
from schema.cases.inputs import CaseEventFilter, CaseEventOrder, CaseFilter, CaseKey, CaseOrder
from schema.cases.part_inputs import CaseAllegationFilter, CaseAllegationOrder, CaseTaskFilter, CaseTaskOrder
from schema.cases.survivors import CaseSurvivor
from schema.connections import Connection, Count, Node
from schema.planner.declare import (
    Nulls,
    column,
    embedded,
    entity,
    in_order,
    newest_first,
    oldest_first,
    part,
    rising,
    to_one,
)
from schema.planner.fields import to_many
from schema.planner.groups import by_column, by_month, by_reference, count_by
from schema.planner.made import made
from schema.threads.inputs import CaseMessageFilter, CaseMessageOrder
from server.attachments.columns import files_of_case
from server.cases import bundles, columns, histories, models, visibility
from server.cases.origins import Origin as CaseOrigin
from server.cases.origins import ServiceMode, Source
from server.cases.outcomes import VisitEffect
from server.cases.states import CaseStatus, Containment, Handling, Rating, Severity, Supervision, Track
from server.intake.columns import sealed_contact
from tenants.permissions import Permission

if TYPE_CHECKING:
    from schema.attachments.types import Attachment
    from schema.cases.history import CaseEvent
    from schema.cases.parts import CaseAllegation, CaseTaskConnection
    from schema.grids.types import Grid
    from schema.members.types import Member
    from schema.organizations.types import Organization
    from schema.publications.types import Publication
    from schema.residents.types import Resident
    from schema.retention.types import CaseHold
    from schema.threads.types import CaseMessage


@embedded
class ReturnVisit:
    """What a visit or call after the feedback found; the newest of the present course."""

    at: datetime | None = column("When it was made; null when there was none.", of="visited_at")
    effect: VisitEffect | None = column("Whether the matter was settled.", of="visit_effect")
    text: str | None = column("What was found.", of="visit_text")


@embedded
class CaseSource:
    """By which way a report came in."""

    kind: Source = column("The kind of way.", of="source")
    channel: str | None = column("Code of the channel in the city's manifest, for what came in by one.")


@embedded
class CaseContact:
    """Somebody whom staff reported for and who is no resident entered here. Every reading is logged."""

    name: str | None = column(
        "Name.",
        expression=sealed_contact,
        decoder=open_names,
        permission=Permission.CASE_CONTACT,
    )
    phone: str | None = column(
        "Telephone number.",
        expression=sealed_contact,
        decoder=open_phones,
        permission=Permission.CASE_CONTACT,
    )


@entity(
    models.Case,
    prefix="case",
    visible=visibility.cases,
    orders={
        CaseOrder.REPORTED_DESC: newest_first("reported_at"),
        CaseOrder.REPORTED_ASC: oldest_first("reported_at"),
        CaseOrder.CHANGED_DESC: newest_first("changed_at"),
        CaseOrder.NUMBER_ASC: oldest_first("number", unique=True),
        CaseOrder.DUE_ASC: in_order(rising("due_at", nulls=Nulls.LAST)),
    },
)
class Case(Node):
    """One matter from report to archive."""

    number: str = column(
        "Human-readable number, unique in the city. The city's cases are counted in it, also those unseen."
    )
    track: Track = column("The kind of course it takes.")
    category: str = column("Code of its category in the city's manifest.")
    title: str = column("What it is about, in a line.")
    description: str = column("What was reported.")
    status: CaseStatus = column("Where it stands.")
    severity: Severity = column("How hard it is.")
    containment: Containment | None = column("How far up it should have to go; an aim that is measured.")
    level: str = column("Code of the level that has it now.")
    version: int = column("Number of the last change: pass it as expectedVersion to change the case.")
    reported_at: datetime = column("When it was reported.")
    accepted_at: datetime | None = column("When it was accepted.")
    resolved_at: datetime | None = column("When it was concluded.")
    feedback_at: datetime | None = column("When the result was given to the reporter.")
    archived_at: datetime | None = column("When it was archived.")
    publication_waived_at: datetime | None = column(
        "When it was decided, with a reason, that its result is not made public; in the present course."
    )
    retained_at: datetime | None = column(
        "When its personal parts were erased for good: who reported it, what was said, written and sent."
    )
    result: str | None = column("What was done.")
    rating: Rating | None = column("The reporter's verdict; null while there is none, which is never satisfaction.")
    rating_comment: str | None = column("What the reporter added to the verdict.")
    score: int | None = column(
        "The supervisor's score, 1 to 5, apart from the reporter's verdict; null while there is none."
    )
    score_remark: str | None = column("What the supervisor added to the score.")
    return_visit: ReturnVisit = part("What was found when somebody asked again.")
    bundle_closed: bool | None = column(
        "Whether all cases mediated together with it, and itself, are concluded, as far as the viewer may see them; null "
        "when it is linked with none.",
        expression=bundles.is_closed,
    )
    reopen_count: int = column("How often it was reopened.")
    turn_to: str | None = column("Where the reporter was told to turn instead, when it was refused.")
    appealed_at: datetime | None = column("When its reporter appealed against the refusal.")
    supervision: Supervision = column("How closely it is watched, beside its state.")
    urged_at: datetime | None = column("When the urge was made that waits for its answer; null when none does.")
    handling: Handling | None = column("What the work in progress consists of now; null when nobody said.")
    explained_at: datetime | None = column("When the reporter was last told why it takes its time, in this course.")
    awaits_explanation: bool = column(
        "Whether it is complex or major, open, and went without an explanation for longer than its course allows.",
        expression=columns.awaits_explanation,
    )
    strike_off_number: str | None = column("Number under which it was struck off on archiving; never used again.")
    answers: JSON | None = column("What was answered to the category's questions, by name; null when nothing was.")
    source: CaseSource = part("By which way it came in; of cases that were merged each keeps its own.")
    origin: CaseOrigin = column("Who brought it up.")
    anonymous: bool = column("Whether it was reported without a name.")
    on_behalf: bool = column("Whether somebody reported it for somebody else.")
    contact: CaseContact = part("Whom staff reported it for, where that is no resident entered here.")
    service_mode: ServiceMode | None = column("How far the desk went with whoever asked for the service.")
    consented: bool | None = column("Whether the resident agreed to be acted for; null where nobody asked.")
    service_started_at: datetime | None = column("When the desk began to serve; null for unknown.")
    service_finished_at: datetime | None = column("When it was done; null for unknown.")
    one_trip: bool | None = column(
        "Whether all materials the category needs were there, so that one visit was enough; null where nobody looked."
    )
    deadline: Deadline = part("When it must be concluded.")
    targets: list[CaseTarget] = made(
        "What must have happened by when: those with a limit.",
        of=histories.history,
        by=clocks.aim,
        at_most=MOST_TARGETS,
    )
    hops: list[CaseHop] = made(
        "Who had it, from when to when and for how long, oldest first; the newest 50.",
        of=histories.history,
        by=clocks.hop,
        at_most=clocks.MOST_HOPS,
    )
    queue: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = to_one(
        "The department in whose queue it waits, by place and category; its members see it and act on it as their roles "
        "allow.",
        by="queue_id",
    )
    grid: Annotated[Grid, strawberry.lazy("schema.grids.types")] | None = to_one("Where it is.", by="grid_id")
    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = to_one(
        "The organization that has it now.",
        by="organization_id",
    )
    reporter: Annotated[Resident, strawberry.lazy("schema.residents.types")] | None = to_one(
        "Who reported it, if the viewer may see residents there.",
        by="reporter_id",
    )
    claimant: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who claimed it, if the viewer may see that member.",
        by="claimant_id",
    )
    handler: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who has it in hand: its claimant, or whom it was dispatched to by name, if the viewer may see that member.",
        by="handler_id",
    )
    tasks: Annotated[CaseTaskConnection, strawberry.lazy("schema.cases.parts")] = to_many(
        "The shares of the departments that handle it together.",
        by="case_id",
        filter=CaseTaskFilter,
        order=CaseTaskOrder,
    )
    allegations: Connection[Annotated[CaseAllegation, strawberry.lazy("schema.cases.parts")]] = to_many(
        "What is alleged or asked in it, one by one.",
        by="case_id",
        filter=CaseAllegationFilter,
        order=CaseAllegationOrder,
    )
    related: Annotated[CaseConnection, strawberry.lazy("schema.cases.types")] = to_many(
        "The other cases that are mediated together with it, as far as the viewer may see them.",
        by=bundles.linked,
        filter=CaseFilter,
        order=CaseOrder,
    )
    messages: Connection[Annotated[CaseMessage, strawberry.lazy("schema.threads.types")]] = to_many(
        "What was written about it in the threads the viewer takes part in, oldest first.",
        by="case_id",
        filter=CaseMessageFilter,
        order=CaseMessageOrder,
    )
    attachments: Connection[Annotated[Attachment, strawberry.lazy("schema.attachments.types")]] = to_many(
        "Files shown beside it, in the order of sending; those of messages are with the messages.",
        by=files_of_case,
        filter=AttachmentFilter,
    )
    publication: Annotated[Publication, strawberry.lazy("schema.publications.types")] | None = to_one(
        "What is drafted or public of its result, for whoever publishes at its place.",
        back="case_id",
    )
    holds: Connection[Annotated[CaseHold, strawberry.lazy("schema.retention.types")]] = to_many(
        "The legal holds that keep it from being erased, in the order they were made; for whoever may hold cases there.",
        by="case_id",
    )
    merged_into: Annotated[Case, strawberry.lazy("schema.cases.types")] | None = to_one(
        "The case it was merged into, if the viewer may see that one.",
        by="merged_into_id",
    )
    survivor: CaseSurvivor = part("How the case stands into which it was merged; for its own reporter, too.")
    merged: Annotated[CaseConnection, strawberry.lazy("schema.cases.types")] = to_many(
        "The cases that were merged into it, as far as the viewer may see them.",
        by="merged_into_id",
        filter=CaseFilter,
        order=CaseOrder,
    )
    steps: Connection[Annotated[CaseEvent, strawberry.lazy("schema.cases.history")]] = to_many(
        "The steps its template demands that it has taken, in order: by whom and when.",
        by=columns.steps_of,
        filter=CaseEventFilter,
        order=CaseEventOrder,
    )
    events: Connection[Annotated[CaseEvent, strawberry.lazy("schema.cases.history")]] = to_many(
        "Its history, oldest first.",
        by="case_id",
        filter=CaseEventFilter,
        order=CaseEventOrder,
    )


@strawberry.type(description="A page of cases in a stable order.")
class CaseConnection(Connection[Case]):
    """Cases, and how many there are by what."""

    count_by: list[Count] = count_by(
        "How many of these cases share a key, on all pages; the largest groups first. Costs a count.",
        CaseKey,
        {
            CaseKey.STATUS: by_column("status"),
            CaseKey.SEVERITY: by_column("severity"),
            CaseKey.TRACK: by_column("track"),
            CaseKey.CATEGORY: by_column("category"),
            CaseKey.CONTAINMENT: by_column("containment"),
            CaseKey.RATING: by_column("rating"),
            CaseKey.LEVEL: by_column("level"),
            CaseKey.SUPERVISION: by_column("supervision"),
            CaseKey.SOURCE: by_column("source"),
            CaseKey.ORIGIN: by_column("origin"),
            CaseKey.QUEUE: by_reference("queue_id", "Organization"),
            CaseKey.GRID: by_reference("grid_id", "Grid"),
            CaseKey.ORGANIZATION: by_reference("organization_id", "Organization"),
            CaseKey.MONTH_REPORTED: by_month("reported_at"),
        },
    )
