"""What intake tells: a case followed by its code, cases that may be the same matter, the categories as a tree."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from schema.cases.types import Case
from schema.planner.fields import loaded
from schema.planner.prices import listed
from schema.tenants.parts import LocalText
from server.cases.states import CaseStatus, Containment, EventKind, Rating, Severity, Track
from server.intake.service.tracking import MOST_MESSAGES
from tenants.manifest.casework import CaseCategory as CategoryPart

MOST_CATEGORIES = 300
MOST_STEPS = 100


@strawberry.type(description="A step that the reporter may know of.")
class TrackedStep:
    """One step."""

    kind: EventKind = strawberry.field(description="What happened.")
    status: CaseStatus = strawberry.field(description="The state after it.")
    at: datetime = strawberry.field(description="When.")
    said: str | None = strawberry.field(
        description="What the reporter is told with it: a reason, an answer, the result."
    )


@strawberry.type(description="Something said between the reporter and whoever has the case.")
class TrackedMessage:
    """One message."""

    from_reporter: bool = strawberry.field(description="Whether the reporter said it.")
    text: str | None = strawberry.field(description="The text; null when it was taken back.")
    at: datetime = strawberry.field(description="When.")


@strawberry.type(description="A case as the holder of its tracking code may know it.")
class TrackedCase:
    """One case."""

    number: str = strawberry.field(description="Its number.")
    category: str = strawberry.field(description="Code of its category.")
    track: Track = strawberry.field(description="The kind of course it takes.")
    status: CaseStatus = strawberry.field(description="Where it stands.")
    reported_at: datetime = strawberry.field(description="When it was reported.")
    due_at: datetime | None = strawberry.field(description="When it must be concluded; null for no limit.")
    resolved_at: datetime | None = strawberry.field(description="When it was concluded.")
    result: str | None = strawberry.field(description="What was done.")
    rating: Rating | None = strawberry.field(description="The verdict given with the code.")
    steps: list[TrackedStep] = strawberry.field(
        description="What happened, the newest 100, oldest first; how offices watch and help each other is left out.",
        metadata=listed(MOST_STEPS),
    )

    messages: list[TrackedMessage] = strawberry.field(
        description="What was said between the reporter and whoever has the case, the newest 100, oldest first.",
        metadata=listed(MOST_MESSAGES),
    )

    @classmethod
    def of(cls, told: dict[str, Any]) -> TrackedCase:
        """From ``server.intake.service.tracking.tracked``."""
        return cls(
            number=told["number"],
            category=told["category"],
            track=Track(told["track"]),
            status=CaseStatus(told["status"]),
            reported_at=datetime.fromisoformat(told["reported_at"]),
            due_at=_instant(told["due_at"]),
            resolved_at=_instant(told["resolved_at"]),
            result=told["result"],
            rating=Rating(told["rating"]) if told["rating"] else None,
            steps=[
                TrackedStep(
                    kind=EventKind(step["kind"]),
                    status=CaseStatus(step["to_status"]),
                    at=datetime.fromisoformat(step["at"]),
                    said=step["said"],
                )
                for step in told["steps"][-MOST_STEPS:]
            ],
            messages=[
                TrackedMessage(
                    from_reporter=message["from_reporter"],
                    text=message["text"],
                    at=datetime.fromisoformat(message["at"]),
                )
                for message in told["messages"]
            ],
        )


@strawberry.type(description="An open case that may be the same matter.")
class DuplicateSuggestion:
    """One case, in a form that anybody may know who may report there."""

    case_id: strawberry.Private[UUID | None]
    number: str = strawberry.field(description="Its number.")
    category: str = strawberry.field(description="Code of its category.")
    status: CaseStatus = strawberry.field(description="Where it stands.")
    reported_at: datetime = strawberry.field(description="When it was reported.")
    in_grid: bool = strawberry.field(description="Whether it is in the very grid, and not elsewhere in the community.")
    words: int = strawberry.field(
        description="How many words the titles have in common; 0 for a case that the viewer may not see."
    )
    case: Case | None = loaded("The case, if the viewer may see it.", Case, by="case_id")

    @classmethod
    def of(cls, told: dict[str, Any]) -> DuplicateSuggestion:
        """From ``server.intake.service.suggestions.likely_duplicates``."""
        return cls(
            case_id=UUID(told["id"]) if told["id"] else None,
            number=told["number"],
            category=told["category"],
            status=CaseStatus(told["status"]),
            reported_at=datetime.fromisoformat(told["reported_at"]),
            in_grid=told["in_grid"],
            words=told["words"],
        )


@strawberry.type(description="What a case can be about, and what is asked of whoever reports it.")
class CaseCategory:
    """A category of the city's manifest."""

    code: str = strawberry.field(description="Stable code: pass it to reportCase.")
    name: LocalText = strawberry.field(description="Local name.")
    parent: str | None = strawberry.field(description="Code of the wider category; null for a root.")
    depth: int = strawberry.field(description="0 for a root, one more for each wider category above.")
    default_severity: Severity = strawberry.field(description="Severity until a dispatcher decides otherwise.")
    containment: Containment | None = strawberry.field(description="Class whose containment target applies.")
    department: str | None = strawberry.field(
        description="Kind of organization whose queue its cases wait in, its own or the wider category's; null for none."
    )
    questions: JSON | None = strawberry.field(
        description="JSON Schema (draft 2020-12) of the answers, its own or the wider category's; null when nothing is "
        "asked. Each property has its question in both languages as 'label'.",
    )
    service: JSON | None = strawberry.field(
        description="What to know before one goes there: 'materials' to bring along, each with 'code' and 'name', and "
        "'steps', in both languages; null for nothing known.",
    )

    @classmethod
    def tree(cls, parts: tuple[CategoryPart, ...]) -> list[CaseCategory]:
        """Every category right after the wider one, in the manifest's order."""
        by_code = {part.code: part for part in parts}
        below: dict[str | None, list[CategoryPart]] = {}
        for part in parts:
            below.setdefault(part.parent, []).append(part)
        found: list[CaseCategory] = []
        waiting = [(part, 0) for part in reversed(below.get(None, []))]
        while waiting:
            part, depth = waiting.pop()
            found.append(cls._of(part, depth, by_code))
            waiting += [(child, depth + 1) for child in reversed(below.get(part.code, []))]
        return found

    @classmethod
    def _of(cls, part: CategoryPart, depth: int, by_code: dict[str, CategoryPart]) -> CaseCategory:
        upward = [part]
        while upward[-1].parent is not None:
            upward.append(by_code[upward[-1].parent])
        questions = next((found.questions.json_schema() for found in upward if found.questions), None)
        return cls(
            code=part.code,
            name=LocalText.of(part.name),
            parent=part.parent,
            depth=depth,
            default_severity=Severity(part.default_severity.value),
            containment=Containment(part.containment.value) if part.containment else None,
            department=next((found.department for found in upward if found.department), None),
            questions=None if questions is None else JSON(questions),
            service=None if part.service is None else JSON(part.service.model_dump(mode="json", by_alias=True)),
        )


def _instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
