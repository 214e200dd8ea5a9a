"""The closed words of a manifest and the base of its parts.

Codes a city chooses itself (levels, kinds, categories, roles) are patterns; words the code branches on are enums.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# No control characters: a NUL could not be stored, and a label is one line.
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
TenantSlug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,30}$")]
# Levels, kinds, chains and roles stand in Casbin policies and in organization paths, so nothing but these characters.
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]
LabelKey = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$")]
# A place in the tree as ``Organization.path`` shows it: codes from the root, each followed by a slash.
TreePath = Annotated[str, StringConstraints(max_length=1000, pattern=r"^([a-z0-9][a-z0-9_-]{0,62}/)+$")]
Clock = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]

Language = Literal["zh-CN", "en"]


class Part(BaseModel):
    """Base of every part: frozen, no unknown keys, no silent conversions, written back under the document's keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, serialize_by_alias=True)


class LocalText(Part):
    """One text in the languages of the platform."""

    zh_cn: Text = Field(alias="zh-CN", description="The text in simplified Chinese.")
    en: Text = Field(description="The text in American English.")

    def in_language(self, language: Language) -> str:
        """The text in one language."""
        return self.zh_cn if language == "zh-CN" else self.en


class TenantKind(StrEnum):
    """A city, or the platform's own tenant of the operators."""

    CITY = "CITY"
    PLATFORM = "PLATFORM"


class RoleScope(StrEnum):
    """How far the rights of a role reach."""

    TENANT = "TENANT"
    ORGANIZATION = "ORGANIZATION"
    GRID = "GRID"
    OWN = "OWN"


class Track(StrEnum):
    """The kind of course a case takes (sources.md 3.2); SEALED is not configured here."""

    SERVICE_ORDER = "SERVICE_ORDER"
    GRID_EVENT = "GRID_EVENT"
    COMPLAINT = "COMPLAINT"
    DISPUTE = "DISPUTE"
    TOPIC = "TOPIC"


class CaseStep(StrEnum):
    """A step that a template can demand: a state, or TRACKED, URGED and RETURN_VISITED, which run beside the states."""

    REPORTED = "REPORTED"
    ACCEPTED = "ACCEPTED"
    TRIAGED = "TRIAGED"
    DISPATCHED = "DISPATCHED"
    CLAIMED = "CLAIMED"
    IN_PROGRESS = "IN_PROGRESS"
    TRACKED = "TRACKED"
    URGED = "URGED"
    RESOLVED = "RESOLVED"
    FEEDBACK_GIVEN = "FEEDBACK_GIVEN"
    RETURN_VISITED = "RETURN_VISITED"
    RATED = "RATED"
    PUBLISHED = "PUBLISHED"
    ARCHIVED = "ARCHIVED"


class CourseWord(StrEnum):
    """A state or a step that a city can call by a name of its own."""

    REPORTED = "REPORTED"
    ACCEPTED = "ACCEPTED"
    TRIAGED = "TRIAGED"
    DISPATCHED = "DISPATCHED"
    CLAIMED = "CLAIMED"
    IN_PROGRESS = "IN_PROGRESS"
    TRACKED = "TRACKED"
    URGED = "URGED"
    RESOLVED = "RESOLVED"
    FEEDBACK_GIVEN = "FEEDBACK_GIVEN"
    RETURN_VISITED = "RETURN_VISITED"
    RATED = "RATED"
    PUBLISHED = "PUBLISHED"
    ARCHIVED = "ARCHIVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    MERGED = "MERGED"


class Severity(StrEnum):
    """What decides the deadline of a case (AQ-05)."""

    GENERAL = "GENERAL"
    COMPLEX = "COMPLEX"
    MAJOR = "MAJOR"


class Containment(StrEnum):
    """What decides up to which level a case should be settled (HH-16, WH-15)."""

    MICRO = "MICRO"
    SMALL = "SMALL"
    BIG = "BIG"


class Rating(StrEnum):
    """The reporter's judgment, best first (AQ-04)."""

    VERY_SATISFIED = "VERY_SATISFIED"
    SATISFIED = "SATISFIED"
    NEUTRAL = "NEUTRAL"
    DISSATISFIED = "DISSATISFIED"
    VERY_DISSATISFIED = "VERY_DISSATISFIED"


class TimeUnit(StrEnum):
    """HOURS and DAYS run on; WORKING_HOURS and WORKING_DAYS count only what the work calendar calls working time."""

    HOURS = "HOURS"
    DAYS = "DAYS"
    WORKING_HOURS = "WORKING_HOURS"
    WORKING_DAYS = "WORKING_DAYS"


class DeadlineStart(StrEnum):
    """The event that starts the clock (A-08)."""

    SUBMISSION = "SUBMISSION"
    ACCEPTANCE = "ACCEPTANCE"


class Target(StrEnum):
    """What must have happened before the conclusion, each with a limit of its own."""

    ACCEPT = "ACCEPT"
    DISPATCH = "DISPATCH"
    FIRST_REPLY = "FIRST_REPLY"


class PauseWord(StrEnum):
    """A state or a kind of handling in which the clocks of a case can stand still."""

    ACCEPTED = "ACCEPTED"
    TRIAGED = "TRIAGED"
    DISPATCHED = "DISPATCHED"
    CLAIMED = "CLAIMED"
    VISITING = "VISITING"
    JOINT_HANDLING = "JOINT_HANDLING"
    MEDIATING = "MEDIATING"
    DELIBERATING = "DELIBERATING"
    PROJECT = "PROJECT"


class LadderAction(StrEnum):
    """What a step of the ladder does: the case climbs one level, or people are told and it stays."""

    CLIMB = "CLIMB"
    NOTIFY_ONLY = "NOTIFY_ONLY"


class Sex(StrEnum):
    """The sexes DY-14 tells apart."""

    FEMALE = "FEMALE"
    MALE = "MALE"


class IntervalStart(StrEnum):
    """Whether the interval between checks runs from a person's last check or by calendar biennium (A-05)."""

    LAST_CHECK = "LAST_CHECK"
    BIENNIUM = "BIENNIUM"
