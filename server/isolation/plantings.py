"""What a loaded city has none of, made through the API by those who may: without a row there is nothing to protect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from server.isolation.answers import codes
from server.isolation.people import Walker, WalkFailed
from server.isolation.rows import some_ids
from server.isolation.sites import Near, VersionOfNear, filled, gaps_of
from tenants.clock import now

_TURNS = 20


@dataclass(frozen=True, slots=True)
class Planting:
    """An operation that makes things of these kinds. by: the user name of who may."""

    kinds: tuple[str, ...]
    by: str
    document: str
    variables: Mapping[str, Any]


def plantings() -> tuple[Planting, ...]:
    """In the order in which they need each other."""
    case, version = Near("case"), VersionOfNear("case")
    mark = uuid4().hex[:8]
    day = (now() + timedelta(days=20)).date().isoformat()
    start, end = (now() + timedelta(days=20)).isoformat(), (now() + timedelta(days=20, hours=2)).isoformat()
    report = {"category": "AGENCY", "title": "Invented matter", "description": "An invented matter.", "source": "DESK"}
    return (
        _change(
            ("allegation",),
            "community_secretary",
            "reportCase",
            {**report, "gridId": Near("grid"), "allegations": ["One invented allegation.", "Another one."]},
        ),
        _change(
            ("task",),
            "dispatcher",
            "assignTasks",
            {"caseId": case, "expectedVersion": version, "organizationIds": [Near("org")], "text": "Look at it."},
        ),
        _change(("hold",), "tenant_admin", "holdCase", {"caseId": case, "reason": "An invented proceeding."}),
        _change(
            ("message",),
            "dispatcher",
            "postMessage",
            {"caseId": case, "thread": "INTERNAL", "text": "Something to keep among colleagues."},
        ),
        _change(
            ("attachment",),
            "resident",
            "requestUpload",
            {"filename": "invented.png", "mediaType": "image/png", "bytes": 2_000},
        ),
        _change(
            ("publication",),
            "dispatcher",
            "draftPublication",
            {"caseId": case, "title": "Invented", "asked": "Something was asked.", "done": "Something was done."},
        ),
        _change(
            ("problem", "listevent"),
            "community_secretary",
            "addProblem",
            {"gridId": Near("grid"), "category": "OTHER", "text": "An invented problem."},
        ),
        _change(
            ("measure",), "community_secretary", "addMeasure", {"problemId": Near("problem"), "text": "A measure."}
        ),
        _change(
            ("responsibility",),
            "community_secretary",
            "assignResponsibility",
            {"measureId": Near("measure"), "memberId": Near("member"), "dueOn": day},
        ),
        _change(
            ("result",),
            "community_secretary",
            "recordResult",
            {"responsibilityId": Near("responsibility"), "text": "It was done."},
        ),
        _change(
            ("place",),
            "tenant_admin",
            "assignToGrid",
            {"gridId": Near("grid"), "memberId": Near("member"), "capacity": "PART_TIME"},
        ),
        _change(
            ("activity",),
            "community_secretary",
            "createActivity",
            {
                "organizationId": Near("org"),
                "title": "Invented activity",
                "theme": "CARE",
                "startsAt": start,
                "endsAt": end,
                "capacity": 5,
            },
        ),
        _change(("signup",), "volunteer", "signUpForActivity", {"activityId": Near("activity")}),
        _change(
            ("healthrecord", "healthcheck"),
            "health_worker",
            "recordHealthCheck",
            {
                "residentId": Near("resident"),
                "findings": {"pulse": 70},
                "consent": {"purpose": "A free check", "givenOn": "2026-01-05"},
            },
        ),
        _change(
            ("application",),
            "tenant_admin",
            "registerApplication",
            {
                "name": f"Isolation {mark}",
                "contact": "nobody@example.org",
                "purpose": "To be asked for in vain.",
                "scopes": ["case:read"],
                "networks": [],
            },
        ),
        _change(("apikey",), "tenant_admin", "createApiKey", {"applicationId": Near("application")}),
        _change(
            ("invitation",),
            "tenant_admin",
            "inviteStaff",
            {"member": {"organizationId": Near("org"), "name": "Invented Newcomer"}},
        ),
        _change(
            ("sealed", "sealedallegation", "sealedevent"),
            "resident",
            "reportSealed",
            {"allegations": ["An invented allegation."], "withoutName": False, "organizationId": Near("org")},
        ),
        _change(
            ("zone", "zonemember"),
            "discipline_lead",
            "createCooperationZone",
            {"name": f"Zone {mark}", "members": [{"organizationId": Near("org"), "part": "OFFICE", "leads": True}]},
        ),
        _change(
            ("zonerule",),
            "discipline_lead",
            "issueZoneRule",
            {"zoneId": Near("zone"), "title": "Invented rule", "status": "TRIAL", "effectiveFrom": day},
        ),
        Planting(
            ("access",),
            "health_worker",
            'query($id: ID!) { healthRecord(residentId: $id, purpose: "To leave a trace") { id } }',
            {"id": Near("resident")},
        ),
        Planting(("sealedaccess",), "discipline_lead", "{ sealedCases(first: 5) { nodes { id } } }", {}),
    )


def _change(kinds: tuple[str, ...], by: str, field: str, given: Mapping[str, Any]) -> Planting:
    """A mutation; the type of its input is named after it, as everywhere."""
    name = f"{field[0].upper()}{field[1:]}Input"
    document = f"mutation($input: {name}!) {{ {field}(input: $input) {{ userErrors {{ code field message }} }} }}"
    return Planting(kinds, by, document, {"input": given})


async def plant(walkers: Mapping[str, Walker], wanted: Sequence[Planting]) -> None:
    """Make what a city has none of. walkers: by user name, of that city. Errors: WalkFailed with the last refusal."""
    for planting in wanted:
        walker = walkers[planting.by]
        missing = [kind for kind in planting.kinds if not await _has(walker, kind)]
        if missing:
            await _plant(walker, planting)
            for each in walkers.values():
                each.forget()


async def _has(walker: Walker, kind: str) -> bool:
    return bool(await some_ids(walker.database, walker.tenant_id, walker.tables[kind]))


async def _plant(walker: Walker, planting: Planting) -> None:
    refused: dict[bytes, None] = {}
    for turn in range(_TURNS):
        gaps = await walker.gaps(
            [gap for gap in gaps_of(planting.variables) if isinstance(gap, Near | VersionOfNear)], turn
        )
        if gaps is None:
            raise WalkFailed("{by} sees nothing to make this with: {what}", by=planting.by, what=planting.kinds[0])
        answer = await walker.told(planting.document, filled(planting.variables, gaps))
        if not codes(answer) and await _has(walker, planting.kinds[0]):
            return
        refused[answer.body[:300]] = None
    raise WalkFailed("{what}: {refused}", what=planting.kinds[0], refused=b" ".join(refused).decode(errors="replace"))
