"""The audit trail in the graph: one table, told in two ways."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from schema.audit.inputs import AboutMeOrder, AuditEntryOrder
from schema.audit.words import in_words
from schema.connections import Node
from schema.planner.declare import column, entity, newest_first, oldest_first
from server.audit import columns, visibility
from server.audit.rules import AuditOutcome
from server.events.models import AuditEntry as Entry


@entity(
    Entry,
    prefix="audit",
    visible=visibility.entries,
    name="AuditEntry",
    orders={AuditEntryOrder.AT_DESC: newest_first("at"), AuditEntryOrder.AT_ASC: oldest_first("at")},
)
class AuditEntry(Node):
    """Who did what to which thing, or tried to. Never holds personal data; nothing of health data and sealed matters."""

    at: datetime = column("When.")
    actor_kind: str = column("What acted: USER, APPLICATION, CHANNEL, SYSTEM (the platform itself) or ANONYMOUS.")
    actor_id: strawberry.ID | None = column("The account that acted; null for others.", prefix="account")
    actor_name: str | None = column("User name, or what the channel or the part of the platform is called.")
    action: str = column("The permission exercised, area:verb, or what happened to a session.")
    outcome: AuditOutcome = column("Whether it was done.")
    times: int = column(
        "How often: refusals of one actor and action within a minute are one entry.", expression=columns.times
    )
    object_type: str = column("Kind of the thing; of a refusal, as the caller called it.")
    object_id: str = column("Id of the thing, without the prefix that public ids have.")
    request_id: str = column("In which request.")
    detail: JSON = column("More of it: codes and ids.")
    sealed_as: int | None = column(
        "Its place in the chain that is sealed by hashes; null for about a minute.", expression=columns.sealed_as
    )


@entity(
    Entry,
    prefix="aboutme",
    visible=visibility.about_me,
    name="AboutMe",
    orders={AboutMeOrder.AT_DESC: newest_first("at"), AboutMeOrder.AT_ASC: oldest_first("at")},
)
class AboutMe(Node):
    """Something that was done, or tried, with the viewer's own data: who read or changed them."""

    at: datetime = column("When.")
    who: str = column("Who, by name.", expression=columns.who)
    by_me: bool = column("Whether it was the viewer.", expression=columns.by_viewer)
    what: str = column("What, in the language asked for.", expression=columns.what, decoder=in_words)
    purpose: str | None = column("Why, where the reader had to say so.", expression=columns.purpose)
    action: str = column("What, for programs: the permission exercised.")
    outcome: AuditOutcome = column("Whether it was done.")
