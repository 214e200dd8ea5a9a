"""Publications in the graph: the draft of one case, and the copy that says nothing of the case it is of."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.connections import Node
from schema.planner.declare import column, entity, newest_first, to_one
from schema.planner.made import made
from schema.publications.inputs import PublishedCaseOrder
from server.publications import models, visibility
from server.publications.rules import MOST_FINDINGS, FindingKind, PublicationStatus

if TYPE_CHECKING:
    from schema.cases.types import Case
    from schema.context import Context
    from schema.members.types import Member


async def _as_they_are(_context: Context, values: list[Any]) -> list[Any]:
    return values


@strawberry.type(description="Something that must be taken out of a draft.")
class PublicationFinding:
    """One finding of the redaction check."""

    kind: FindingKind = strawberry.field(description="What it is.")
    field: str = strawberry.field(description="The text it is in: title, asked or done.")
    text: str = strawberry.field(description="What was found there.")


@entity(models.Publication, prefix="publication", visible=visibility.publications)
class Publication(Node):
    """What is to be public, or was made public, of one case."""

    status: PublicationStatus = column("Where it stands.")
    version: int = column("Number of the last change: pass it as expectedVersion to check the draft.")
    title: str = column("What it was about, in a line.")
    asked: str = column("What was asked.")
    done: str = column("What was done.")
    category: str = column("Code of the case's category.")
    place: str = column("Name of the compound or community; nothing smaller is public.")
    month: str = column("Month of the conclusion, YYYY-MM.")
    findings: list[PublicationFinding] = made(
        "What the redaction check found when it was drafted; it is checked when there is nothing.",
        of=lambda row, _viewer: row.c.findings,
        by=_as_they_are,
        at_most=MOST_FINDINGS,
    )
    drafted_at: datetime = column("When it was drafted.")
    checked_at: datetime | None = column("When somebody else found nothing amiss in it.")
    published_at: datetime | None = column("When it became public.")
    withdrawn_at: datetime | None = column("When it was taken off again.")
    reason: str | None = column("Why it was taken off again.")
    drafted_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who drafted it, if the viewer may see that member.",
        by="drafted_by_id",
    )
    checked_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who checked it, if the viewer may see that member.",
        by="checked_by_id",
    )
    withdrawn_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who took it off, if the viewer may see that member.",
        by="withdrawn_by_id",
    )
    copy: Annotated[PublishedCase, strawberry.lazy("schema.publications.types")] | None = to_one(
        "What everybody may read.",
        by="copy_id",
    )
    case: Annotated[Case, strawberry.lazy("schema.cases.types")] | None = to_one("The case.", by="case_id")


@entity(
    models.PublishedCase,
    prefix="published",
    visible=visibility.published_cases,
    orders={PublishedCaseOrder.PUBLISHED_DESC: newest_first("published_at")},
)
class PublishedCase(Node):
    """What everybody may read of a case. Nothing leads from it to the case; taken off again, its words are gone."""

    title: str | None = column("What it was about, in a line; null once it is taken off.")
    asked: str | None = column("What was asked; null once it is taken off.")
    done: str | None = column("What was done; null once it is taken off.")
    category: str = column("Code of its category in the city's manifest.")
    place: str | None = column("Name of the compound or community; null once it is taken off.")
    month: str = column("Month of the conclusion, YYYY-MM.")
    published_at: datetime = column("When it became public.")
    withdrawn_at: datetime | None = column("When it was taken off again: here was something that is public no more.")
