"""Sealed matters, cooperation zones and their rule documents in the graph."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connections import Connection, Node
from schema.members.inputs import MemberOrder
from schema.planner.declare import column, entity, newest_first, oldest_first, to_one
from schema.planner.fields import to_many
from schema.sealed import opening
from schema.sealed.inputs import (
    CooperationZoneOrder,
    SealedAccessOrder,
    SealedAllegationOrder,
    SealedCaseOrder,
    SealedEventOrder,
    ZoneRuleOrder,
)
from schema.sealed.opening import OBSERVED, opened
from schema.sealed.words import (
    SealedEventKind,
    SealedFactor,
    SealedReading,
    SealedSatisfaction,
    SealedStatus,
    ZonePart,
    ZoneRuleStatus,
)
from server.sealed import columns, conflicts, models, visibility
from server.sealed.service import ciphers
from tenants.permissions import Permission

if TYPE_CHECKING:
    from schema.members.types import Member, MemberConnection
    from schema.organizations.types import Organization

LazyMember = Annotated["Member", strawberry.lazy("schema.members.types")]
LazyOrganization = Annotated["Organization", strawberry.lazy("schema.organizations.types")]


@entity(
    models.CooperationZone,
    prefix="zone",
    visible=visibility.zones,
    orders={CooperationZoneOrder.NAME_ASC: oldest_first("name", unique=True)},
)
class CooperationZone(Node):
    """Organizations of discipline that inquire together: office, dispatched groups and townships."""

    name: str = column("Its name.")
    version: int = column("How often it was changed: pass it as expectedVersion.")
    members: Connection[Annotated[ZoneMember, strawberry.lazy("schema.sealed.types")]] = to_many(
        "Its organizations.", by="zone_id"
    )
    rules: Connection[Annotated[ZoneRule, strawberry.lazy("schema.sealed.types")]] = to_many(
        "Its rule documents with all their versions, the latest in force first.", by="zone_id", order=ZoneRuleOrder
    )


@entity(models.ZoneMember, prefix="zonemember", visible=visibility.of_zone)
class ZoneMember(Node):
    """An organization of a zone."""

    part: ZonePart = column("What it is in the zone.")
    leads: bool = column("Whether it heads the work; exactly one organization of a zone does.")
    organization: LazyOrganization | None = to_one("The organization.", by="organization_id")


@entity(
    models.ZoneRule,
    prefix="zonerule",
    visible=visibility.of_zone,
    orders={ZoneRuleOrder.EFFECTIVE_DESC: newest_first("effective_from", "version")},
)
class ZoneRule(Node):
    """A version of a written rule of a zone."""

    title: str = column("Its title.")
    version: int = column("Number of the version under this title, from 1.")
    status: ZoneRuleStatus = column("On trial, or fully in force.")
    effective_from: date = column("First day in force.")
    issued_at: datetime = column("When it was entered.")


@entity(
    models.SealedCase,
    prefix="sealed",
    visible=visibility.cases,
    observed=OBSERVED,
    observed_by="id",
    orders={
        SealedCaseOrder.RECEIVED_DESC: newest_first("received_at"),
        SealedCaseOrder.RECEIVED_ASC: oldest_first("received_at"),
    },
)
class SealedCase(Node):
    """A sealed matter, for the organizations that have it and the leads. Each reading is written down."""

    number: int = column("Its number among the sealed matters of the city.")
    status: SealedStatus = column("Where it stands.")
    version: int = column("How many steps it took: pass it as expectedVersion.")
    received_at: datetime = column("When it was reported.")
    closed_at: datetime | None = column("When it was closed.")
    about: LazyOrganization | None = to_one("The organization complained of.", by="about_id")
    subject: str | None = column(
        "The person complained of, as the reporter wrote; null for nobody named. Innocent until a formal result.",
        expression=columns.ciphertext("subject"),
        decoder=opened(ciphers.SUBJECT),
    )
    anonymous: bool = column("Whether nobody knows the reporter.", expression=columns.is_anonymous)
    owner: LazyOrganization | None = to_one(
        "The organization that has it; null while a zone has it, the leads alone, or a body outside the city.",
        by="owner_id",
    )
    zone: CooperationZone | None = to_one("The zone that has it, or had it before the hand-over.", by="zone_id")
    factors: list[SealedFactor] = column(
        "What the analysis found.", expression=columns.ciphertext("analysis"), decoder=opening.factors
    )
    analysis: str | None = column(
        "The analysis in words; null before it.",
        expression=columns.ciphertext("analysis"),
        decoder=opening.analysis_note,
    )
    transferred_to: str | None = column(
        "The body it was handed to.", expression=columns.ciphertext("transfer"), decoder=opening.target
    )
    transfer_note: str | None = column(
        "What was said with it.", expression=columns.ciphertext("transfer"), decoder=opening.transfer_note
    )
    answered: int = column("How many allegations have their feedback.")
    satisfaction: SealedSatisfaction = column("The reporter's verdict; silence is NOT_RATED.")
    allegations: Connection[Annotated[SealedAllegation, strawberry.lazy("schema.sealed.types")]] = to_many(
        "What is complained of.", by="case_id", order=SealedAllegationOrder
    )
    events: Connection[Annotated[SealedEvent, strawberry.lazy("schema.sealed.types")]] = to_many(
        "Its steps, oldest first unless ordered otherwise.", by="case_id", order=SealedEventOrder
    )
    in_conflict: bool = column(
        "Whether somebody who would have it was appointed or posted, since it came, at the organization complained of or "
        "below it, and sees it no longer: assign it anew.",
        expression=conflicts.in_conflict,
    )
    conflicted: Annotated[MemberConnection, strawberry.lazy("schema.members.types")] = to_many(
        "Who that is, as far as the viewer may see them. Needs sealed:lead.",
        by=conflicts.bound_since,
        order=MemberOrder,
        permission=Permission.SEALED_LEAD,
    )
    accesses: Connection[Annotated[SealedAccess, strawberry.lazy("schema.sealed.types")]] = to_many(
        "Who read it, latest first. Needs sealed:lead.",
        by="case_id",
        order=SealedAccessOrder,
        permission=Permission.SEALED_LEAD,
    )


@entity(
    models.SealedAllegation,
    prefix="sealedallegation",
    visible=visibility.of_case,
    observed=OBSERVED,
    observed_by="case_id",
    orders={SealedAllegationOrder.POSITION_ASC: oldest_first("position", unique=True)},
)
class SealedAllegation(Node):
    """One thing complained of, with the answer to it."""

    position: int = column("Its number in the report, from 1.")
    text: str = column("What is complained of.", expression=columns.ciphertext("said"), decoder=opened(ciphers.SAID))
    feedback: str | None = column(
        "The answer; null while there is none.",
        expression=columns.ciphertext("feedback"),
        decoder=opened(ciphers.FEEDBACK),
    )
    feedback_at: datetime | None = column("When it was answered.")


@entity(
    models.SealedEvent,
    prefix="sealedevent",
    visible=visibility.of_case,
    observed=OBSERVED,
    observed_by="case_id",
    orders={
        SealedEventOrder.SEQ_ASC: oldest_first("version", unique=True),
        SealedEventOrder.SEQ_DESC: newest_first("version", unique=True),
    },
)
class SealedEvent(Node):
    """One step of a sealed matter."""

    seq: int = column("Its number in the matter's history; the matter's version after it.", of="version")
    kind: SealedEventKind = column("What happened.")
    status: SealedStatus = column("The state after it.")
    at: datetime = column("When it happened.")
    allegation: int | None = column("Which allegation was answered.")
    note: str | None = column(
        "What was said with it.", expression=columns.ciphertext("note"), decoder=opened(ciphers.NOTE)
    )
    owner: LazyOrganization | None = to_one("The organization that had it after the step.", by="owner_id")
    zone: CooperationZone | None = to_one("The zone that had it after the step.", by="zone_id")
    actor: LazyMember | None = to_one(
        "The member who acted, if the viewer may see them; null for the reporter.", by="member_id"
    )


@entity(
    models.SealedAccess,
    prefix="sealedaccess",
    visible=visibility.accesses,
    orders={SealedAccessOrder.AT_DESC: newest_first("at")},
)
class SealedAccess(Node):
    """One reading of a sealed matter."""

    at: datetime = column("When.")
    action: SealedReading = column("How.")
    roles: list[str] = column("The roles the reader acted in.", expression=columns.reader_roles)
    reason: str | None = column(
        "Why the reporter was identified; null for other readings.",
        expression=columns.ciphertext("reason"),
        decoder=opened(ciphers.REASON),
    )
    reader: LazyMember | None = to_one(
        "Who, if the viewer may see them; null for whoever holds the code.", by="member_id"
    )
