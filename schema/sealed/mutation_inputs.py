"""Inputs of the mutations of sealed matters and zones."""

from __future__ import annotations

from datetime import date

import strawberry

from schema.sealed.words import SealedFactor, SealedVerdict, ZonePart, ZoneRuleStatus

_CASE = "Id of the sealed matter."
_VERSION = "The version the caller saw."


@strawberry.input(description="A sealed report. Name the organization by its id or by the code of one of its grids.")
class ReportSealedInput:
    """A report."""

    allegations: list[str] = strawberry.field(
        description="1 to 20 allegations, each for itself, of at most 2000 characters: each is answered."
    )
    organization_id: strawberry.ID | None = strawberry.field(
        default=None, description="The organization complained of; nobody there will see the report."
    )
    grid_code: str | None = strawberry.field(
        default=None, description="Code of a grid, as it stands on its signs: its organization is meant."
    )
    subject: str | None = strawberry.field(
        default=None, description="The person complained of and the post, in a line of at most 200 characters."
    )
    without_name: bool = strawberry.field(
        default=False,
        description="Whether nobody, not even the leads, may learn who reports. So it is without sign-in.",
    )
    tenant: str | None = strawberry.field(
        default=None, description="Slug of the city, for callers who have not signed in."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="A retry under the same key gets the first code again; not for reports without a name.",
    )


@strawberry.input(description="The verdict of whoever holds the code of a sealed matter.")
class RateSealedInput:
    """A code and a verdict."""

    code: str = strawberry.field(description="The code, as it was shown when the matter was reported.")
    verdict: SealedVerdict = strawberry.field(description="What the reporter says of the answers.")
    comment: str | None = strawberry.field(default=None, description="Why, at most 2000 characters.")


@strawberry.input(description="What the analysis of a sealed matter found.")
class AnalyzeSealedInput:
    """Factors and words."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    factors: list[SealedFactor] = strawberry.field(description="What bears on who can inquire.")
    note: str = strawberry.field(description="The analysis in words, at most 2000 characters; no evidence.")


@strawberry.input(description="Which zone a sealed matter is for.")
class AssignSealedInput:
    """A matter and a zone."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    zone_id: strawberry.ID = strawberry.field(
        description="Id of the zone; another one than those complained of leads it."
    )


@strawberry.input(description="Which inquiry begins.")
class BeginSealedInquiryInput:
    """A matter."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="To whom a sealed matter is handed.")
class TransferSealedInput:
    """A matter and the body that has it from now on."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    target: str = strawberry.field(description="What the body is called, in a line of at most 200 characters.")
    organization_id: strawberry.ID | None = strawberry.field(
        default=None, description="The body, where it is an organization of the city."
    )
    note: str = strawberry.field(description="What is said with it, at most 2000 characters; no evidence.")


@strawberry.input(description="The answer to one allegation.")
class GiveSealedFeedbackInput:
    """A matter, an allegation, an answer."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    allegation: int = strawberry.field(description="Its number in the report, from 1.")
    text: str = strawberry.field(description="The answer, which the reporter reads; at most 2000 characters.")


@strawberry.input(description="Which sealed matter to close.")
class CloseSealedInput:
    """A matter."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="Whose reporter is to be known, and why.")
class IdentifySealedReporterInput:
    """A matter and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    reason: str = strawberry.field(description="Why, in a line; it stands in the matter's log of readings.")


@strawberry.input(description="An organization of a zone.")
class ZoneMemberInput:
    """An organization and its part."""

    organization_id: strawberry.ID = strawberry.field(description="The organization.")
    part: ZonePart = strawberry.field(description="What it is in the zone.")
    leads: bool = strawberry.field(default=False, description="Whether it heads the work; exactly one does.")


@strawberry.input(description="A cooperation zone to make.")
class CreateCooperationZoneInput:
    """A name and organizations."""

    name: str = strawberry.field(description="Its name, in a line of at most 200 characters.")
    members: list[ZoneMemberInput] = strawberry.field(description="Its organizations, each once, at most 50.")


@strawberry.input(description="A cooperation zone as it is to be.")
class ChangeCooperationZoneInput:
    """A zone, its name and organizations."""

    zone_id: strawberry.ID = strawberry.field(description="Id of the zone.")
    expected_version: int = strawberry.field(description=_VERSION)
    name: str = strawberry.field(description="Its name, in a line of at most 200 characters.")
    members: list[ZoneMemberInput] = strawberry.field(description="All its organizations from now on.")


@strawberry.input(description="A rule document of a zone, or its next version.")
class IssueZoneRuleInput:
    """A zone and a document."""

    zone_id: strawberry.ID = strawberry.field(description="Id of the zone.")
    title: str = strawberry.field(description="Its title, in a line; the same title makes the next version.")
    status: ZoneRuleStatus = strawberry.field(description="On trial, or fully in force.")
    effective_from: date = strawberry.field(description="First day in force, not before the version it follows.")
