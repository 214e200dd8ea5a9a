"""Applications and their keys in the graph."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.applications.inputs import ApiKeyFilter, ApiKeyOrder, ApplicationOrder, ApplicationStatus
from schema.connections import Connection, Node
from schema.planner.declare import column, entity, newest_first, oldest_first, to_one
from schema.planner.fields import to_many
from server.applications import columns, models, visibility

if TYPE_CHECKING:
    from schema.grids.types import Grid
    from schema.organizations.types import Organization


@entity(
    models.Application,
    prefix="application",
    visible=visibility.applications,
    orders={
        ApplicationOrder.NAME_ASC: oldest_first("name", unique=True),
        ApplicationOrder.REGISTERED_DESC: newest_first("registered_at"),
    },
)
class Application(Node):
    """A program of a third party that the city has registered. Its id is its client_id for OAuth."""

    name: str = column("What it is called, in the audit trail too; it stays.")
    contact: str = column("Whom to turn to about it.")
    purpose: str = column("What it is for.")
    scopes: list[str] = column("The permissions granted, area:verb; they hold in its place.")
    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = to_one(
        "Its place: this organization and all below it; null with grid null: the whole city.",
        by="organization_id",
    )
    grid: Annotated[Grid, strawberry.lazy("schema.grids.types")] | None = to_one(
        "Its place: this one grid.", by="grid_id"
    )
    networks: list[str] = column("From which networks it is let in, as CIDR; empty: from anywhere.")
    client: str | None = column("Its code among the city's client applications, for limits and documents.")
    status: ApplicationStatus = column("Whether it is let in.")
    expires_at: datetime | None = column("When it is let in no more; null for no end.")
    version: int = column("Counts its changes; name it when you change it.")
    registered_at: datetime = column("When it was registered.")
    keys: Connection[Annotated[ApiKey, strawberry.lazy("schema.applications.types")]] = to_many(
        "Its keys, past ones included, the newest first.", by="application_id", filter=ApiKeyFilter, order=ApiKeyOrder
    )


@entity(
    models.ApiKey,
    prefix="apikey",
    visible=visibility.keys,
    orders={ApiKeyOrder.CREATED_DESC: newest_first("created_at")},
)
class ApiKey(Node):
    """A key of an application. What it says was shown once, when it was made."""

    hint: str = column("What it begins with, to tell it from others.")
    good: bool = column("Whether it opens something now, as far as it itself goes.", expression=columns.is_good)
    created_at: datetime = column("When it was made.")
    expires_at: datetime | None = column("When it ends; null: with its application.")
    revoked_at: datetime | None = column("When it was made worthless; null otherwise.")
    last_used_at: datetime | None = column("When it, or a token for it, was last used, to about a minute; null: never.")
    application: Annotated[Application, strawberry.lazy("schema.applications.types")] | None = to_one(
        "Whose it is.", by="application_id"
    )
