"""Inputs of the mutations beside the main line: merging, appeals, hops, supervision, progress, classes."""

from __future__ import annotations

from datetime import datetime

import strawberry

from server.cases.states import Handling, Severity

_CASE = "Id of the case."
_VERSION = "Version of the case that the caller saw; VERSION_CONFLICT when it is no longer the present one."
_TEXT = "What there is to say, at most 4000 characters."


@strawberry.input(description="Which fresh report to merge, and into which case.")
class MergeCaseInput:
    """A case, its version and the case that stays."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    into_case_id: strawberry.ID = strawberry.field(
        description="Id of the open case that stays: of the same grid and category.",
    )
    reason: str | None = strawberry.field(default=None, description="Why both are the same matter.")


@strawberry.input(description="Which refused report to look at again, and why.")
class AppealCaseInput:
    """A case, its version and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    reason: str = strawberry.field(description="Why the refusal was wrong.")


@strawberry.input(description="How a classified case is classified anew; what is null stays.")
class ReclassifyCaseInput:
    """A case, its version, its class and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    category: str | None = strawberry.field(default=None, description="Code of a category in the city's manifest.")
    severity: Severity | None = strawberry.field(default=None, description="How hard it is; moves the deadline.")
    reason: str = strawberry.field(description="Why it is classified anew.")


@strawberry.input(description="Which case to send one level down, and why.")
class SendBackCaseInput:
    """A case, its version and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    reason: str = strawberry.field(description="Why the level below can settle it.")


@strawberry.input(description="Which result to pass on, in which words.")
class RelayFeedbackInput:
    """A case, its version and a feedback."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    feedback: str = strawberry.field(description="What is passed on to the level below, at most 4000 characters.")


@strawberry.input(description="Which case to look after.")
class TrackCaseInput:
    """A case, its version and perhaps a text."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    text: str | None = strawberry.field(default=None, description="What was seen, at most 4000 characters.")


@strawberry.input(description="Which case to urge on.")
class UrgeCaseInput:
    """A case, its version and a text."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    text: str = strawberry.field(description=_TEXT)


@strawberry.input(description="Which urge to answer.")
class AnswerUrgeInput:
    """A case, its version and a text."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    text: str = strawberry.field(description=_TEXT)


@strawberry.input(description="Which case needs no urge, and why.")
class WaiveUrgeInput:
    """A case, its version and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    reason: str = strawberry.field(description="Why no urge is needed.")


@strawberry.input(description="A look on the spot.")
class FieldCheckInput:
    """When, and what was found."""

    at: datetime = strawberry.field(description="When it was made; not in the future.")
    findings: str = strawberry.field(description="What was seen, at most 4000 characters.")


@strawberry.input(description="What the reporter is told of the work.")
class ProgressCaseInput:
    """A case, its version and a text."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    text: str = strawberry.field(description=_TEXT)
    handling: Handling | None = strawberry.field(
        default=None,
        description="What the work consists of from now on; null for no change.",
    )
    parties_consented: int | None = strawberry.field(
        default=None,
        description="How many parties consented to a mediation; MEDIATING needs at least 2.",
    )
    field_check: FieldCheckInput | None = strawberry.field(
        default=None, description="The look on the spot it rests on."
    )


@strawberry.input(description="Why a complex or major matter takes its time.")
class ExplainCaseInput:
    """A case, its version and a text."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    text: str = strawberry.field(description=_TEXT)
