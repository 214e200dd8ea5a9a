"""What mutations of applications are given."""

from __future__ import annotations

from datetime import datetime

import strawberry

_CONTACT = "Whom to turn to about it, in a line: a name with a telephone number or an address."
_PURPOSE = "What it is for, up to 1000 characters."
_SCOPES = "Permissions granted to it, area:verb; none that opens health data or sealed matters, or hands out rights."
_ORGANIZATION = "Its place: this organization and all below it. Without it and gridId: the whole city."
_GRID = "Its place: this one grid."
_NETWORKS = "From which networks it is let in, as CIDR, at most 20; empty: from anywhere."
_CLIENT = "Its code among the city's client applications (manifest), for limits and documents."
_EXPIRES = "When it is let in no more; null for no end."


@strawberry.input(description="A program of a third party, and what it is granted.")
class RegisterApplicationInput:
    """Who it is, what it may do, where and until when."""

    name: str = strawberry.field(description="What it is called, unique in the city, up to 200 characters; it stays.")
    contact: str = strawberry.field(description=_CONTACT)
    purpose: str = strawberry.field(description=_PURPOSE)
    scopes: list[str] = strawberry.field(description=_SCOPES)
    organization_id: strawberry.ID | None = strawberry.field(default=None, description=_ORGANIZATION)
    grid_id: strawberry.ID | None = strawberry.field(default=None, description=_GRID)
    networks: list[str] = strawberry.field(default_factory=list, description=_NETWORKS)
    client: str | None = strawberry.field(default=None, description=_CLIENT)
    expires_at: datetime | None = strawberry.field(default=None, description=_EXPIRES)


@strawberry.input(description="Other terms for an application; they take the place of all it had.")
class UpdateApplicationInput:
    """Which one, as it was seen, and its new terms."""

    application_id: strawberry.ID = strawberry.field(description="The application.")
    expected_version: int = strawberry.field(description="Its version as you saw it.")
    contact: str = strawberry.field(description=_CONTACT)
    purpose: str = strawberry.field(description=_PURPOSE)
    scopes: list[str] = strawberry.field(description=_SCOPES)
    organization_id: strawberry.ID | None = strawberry.field(default=None, description=_ORGANIZATION)
    grid_id: strawberry.ID | None = strawberry.field(default=None, description=_GRID)
    networks: list[str] = strawberry.field(default_factory=list, description=_NETWORKS)
    client: str | None = strawberry.field(default=None, description=_CLIENT)
    expires_at: datetime | None = strawberry.field(default=None, description=_EXPIRES)


@strawberry.input(description="An application to suspend.")
class SuspendApplicationInput:
    """Which one."""

    application_id: strawberry.ID = strawberry.field(description="The application.")


@strawberry.input(description="An application to let in again.")
class ResumeApplicationInput:
    """Which one."""

    application_id: strawberry.ID = strawberry.field(description="The application.")


@strawberry.input(description="A key to make.")
class CreateApiKeyInput:
    """For which application, until when."""

    application_id: strawberry.ID = strawberry.field(description="The application; it has two keys at most.")
    expires_at: datetime | None = strawberry.field(
        default=None, description="When the key ends; null: with its application."
    )


@strawberry.input(description="A key to be followed by another.")
class RotateApiKeyInput:
    """Which one, and for how long both are good."""

    api_key_id: strawberry.ID = strawberry.field(description="The key in use.")
    overlap_hours: int = strawberry.field(
        default=24, description="For how many hours more the key in use is good, 0 to 720."
    )


@strawberry.input(description="A key to make worthless.")
class RevokeApiKeyInput:
    """Which one."""

    api_key_id: strawberry.ID = strawberry.field(description="The key.")
