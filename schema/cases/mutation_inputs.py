"""Inputs of the case mutations. ``expectedVersion`` is the version of the case that the caller saw."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from schema.cases.intake_inputs import OnBehalfOfInput, ServiceInput
from server.cases.origins import Origin, Source
from server.cases.states import Containment, Rating, Severity, Track

_CASE = "Id of the case."
_VERSION = "Version of the case that the caller saw; VERSION_CONFLICT when it is no longer the present one."


@strawberry.input(description="What somebody reports.")
class ReportCaseInput:
    """A report."""

    grid_id: strawberry.ID = strawberry.field(description="Id of the grid where it is.")
    category: str = strawberry.field(description="Code of a category in the city's manifest.")
    title: str = strawberry.field(description="What it is about, in a line of at most 200 characters.")
    description: str = strawberry.field(default="", description="More about it, at most 4000 characters.")
    track: Track | None = strawberry.field(default=None, description="The course to take; null for the usual one.")
    answers: JSON | None = strawberry.field(
        default=None,
        description="Answers to the category's questions (caseCategories), an object by name.",
    )
    source: Source = strawberry.field(default=Source.APP, description="By which way it came; only staff say another.")
    origin: Origin = strawberry.field(
        default=Origin.RESIDENT_REPORTED, description="Who brought it up; only staff of the place go out to look."
    )
    on_behalf_of: OnBehalfOfInput | None = strawberry.field(
        default=None, description="For whom staff of the place report; null for nobody."
    )
    service: ServiceInput | None = strawberry.field(
        default=None, description="How far the desk goes, for services; staff of the place say it."
    )
    allegations: list[str] = strawberry.field(
        default_factory=list,
        description="What is alleged or asked, point by point: up to 20, each of at most 1000 characters, answered one by one.",
    )
    attachment_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="Ids of files the caller has sent for it (requestUpload without a case), and that are attached nowhere "
        "else; up to 50.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Up to 255 characters chosen by the client: the same report sent again under the same key is one case.",
    )


@strawberry.input(description="Which case to take on.")
class AcceptCaseInput:
    """A case and its version."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="Which case to refuse, and why.")
class RejectCaseInput:
    """A case, its version and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    reason: str = strawberry.field(description="Why; the reporter reads it.")
    turn_to: str | None = strawberry.field(
        default=None,
        description="Where to turn instead, at most 500 characters; the reporter reads it.",
    )


@strawberry.input(description="How an accepted case is classified.")
class TriageCaseInput:
    """A case, its version and its class."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    category: str = strawberry.field(description="Code of a category in the city's manifest.")
    severity: Severity = strawberry.field(description="How hard it is; decides the deadline.")
    containment: Containment | None = strawberry.field(
        default=None,
        description="How far up it should have to go; null for the category's own class.",
    )
    reason: str | None = strawberry.field(default=None, description="Why it is classified so.")


@strawberry.input(description="Where to send a case.")
class DispatchCaseInput:
    """A case, its version and a target."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    handler_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Id of the member who shall handle it; null for the pool, where one member claims it.",
    )


@strawberry.input(description="Which case to take from the pool.")
class ClaimCaseInput:
    """A case and its version."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="Which case to give back, or to take back from its handler, and why.")
class ReleaseCaseInput:
    """A case, its version and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    reason: str = strawberry.field(description="Why it goes back to the pool.")


@strawberry.input(description="Which case to begin with.")
class StartCaseInput:
    """A case and its version."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="Which case to hand to the level above, and why.")
class EscalateCaseInput:
    """A case, its version and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    reason: str = strawberry.field(description="Why the present level cannot settle it.")


@strawberry.input(description="What was done about a case.")
class ResolveCaseInput:
    """A case, its version and a result."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    result: str = strawberry.field(description="What was done, at most 4000 characters.")


@strawberry.input(description="What the reporter is told.")
class GiveFeedbackInput:
    """A case, its version and a feedback."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    feedback: str = strawberry.field(description="What the reporter is told, at most 4000 characters.")


@strawberry.input(description="The reporter's verdict.")
class RateCaseInput:
    """A case, its version and a rating."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    rating: Rating = strawberry.field(description="The verdict, one of the city's scale.")
    comment: str | None = strawberry.field(default=None, description="What the reporter adds to it.")


@strawberry.input(description="Which concluded case needs more work, and why.")
class ReopenCaseInput:
    """A case, its version and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    reason: str = strawberry.field(description="What is still to be done.")


@strawberry.input(description="Which report to take back.")
class WithdrawCaseInput:
    """A case, its version and perhaps a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    reason: str | None = strawberry.field(default=None, description="Why, if the reporter wants to say.")


@strawberry.input(description="Which case to strike off.")
class ArchiveCaseInput:
    """A case and its version."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
