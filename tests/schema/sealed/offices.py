"""A county with discipline offices and two cooperation zones, and its people's ways through the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import select

from schema.context import Context
from schema.documents.asked import Asked
from server.organizations.models import Organization
from server.sealed.models import SealedCase
from tenants.ids import uuid7
from tests.fixtures.town import OPERATIONS, Town

ERRORS = "userErrors { code field }"
REPORT = f"mutation($input: ReportSealedInput!) {{ reportSealed(input: $input) {{ trackingCode {ERRORS} }} }}"
TRACK = """query($code: String!) { trackSealed(code: $code) {
  status satisfaction verdictAsked allegations { position text feedback } } }"""
RATE = f"mutation($input: RateSealedInput!) {{ rateSealed(input: $input) {{ satisfaction {ERRORS} }} }}"
STEPS = {
    "analyzeSealed": "AnalyzeSealedInput",
    "assignSealed": "AssignSealedInput",
    "beginSealedInquiry": "BeginSealedInquiryInput",
    "transferSealed": "TransferSealedInput",
    "giveSealedFeedback": "GiveSealedFeedbackInput",
    "closeSealed": "CloseSealedInput",
}
READ = """query($id: ID!) { sealedCase(id: $id) {
  number status version subject anonymous factors analysis transferredTo transferNote answered satisfaction
  about { code } owner { code } zone { name }
  allegations { nodes { position text feedback } }
  events { nodes { seq kind status allegation note owner { code } zone { name } } } } }"""
CODES = ("discipline", "group", "other", "t1", "t2")
BELOW = {"t1d": "t1", "t2d": "t2", "village": "t1"}


@dataclass(frozen=True, slots=True)
class County:
    """A town with offices. zones: ids by name, ``four`` (discipline leads, group, t1d) and ``three`` (other leads, t2d)."""

    town: Town
    zones: Mapping[str, str]

    async def report(self, username: str | None, about: str = "village", **words: Any) -> dict[str, Any]:
        """The payload of a sealed report; without a user name, from an address of one's own."""
        given = {
            "organizationId": self.town.id("org", self.town.organizations[about]),
            "allegations": ["Took fees"],
            **({"tenant": "daye"} if username is None else {}),
            **words,
        }
        return await self.ask(username, REPORT, input=given)

    async def ask(self, username: str | None, query: str, **variables: Any) -> dict[str, Any]:
        """The one field's answer."""
        actor = None if username is None else await self.town.actor(username)
        peer = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"
        context = Context(services=self.town.services, actor=actor, request_id="request-1", peer=peer)
        body = orjson.loads((await OPERATIONS.run(context, Asked(query=query, variables=variables))).body)
        assert "errors" not in body, body
        found: dict[str, Any] = next(iter(body["data"].values()))
        return found

    async def step(self, username: str, name: str, case_id: str, version: int, **words: Any) -> dict[str, Any]:
        """The payload of a step."""
        query = f"mutation($input: {STEPS[name]}!) {{ {name}(input: $input) {{ sealedCase {{ status version }} {ERRORS} }} }}"
        return await self.ask(username, query, input={"caseId": case_id, "expectedVersion": version, **words})

    async def newest(self) -> str:
        """The public id of the newest matter, past every guard."""
        rows = await self.town.rows(SealedCase)
        return self.town.id("sealed", rows[-1].id)


def codes(payload: Mapping[str, Any]) -> list[str]:
    """The codes of a payload's errors."""
    return [error["code"] for error in payload["userErrors"]]


async def county(town: Town) -> County:
    """Offices, townships, zones, and people appointed there; residents and the usual staff beside them."""
    await _found(town)
    await town.member("lead", "discipline_lead", "discipline")
    await town.member("officer", "discipline_office", "discipline")
    await town.member("other-officer", "discipline_office", "other")
    await town.member("t1-discipline", "discipline_zone", "t1d")
    await town.member("t2-discipline", "discipline_zone", "t2d")
    await town.resident("lan")
    four = await _zone(
        town, "Zone 4", ("discipline", "OFFICE", True), ("group", "GROUP", False), ("t1d", "TOWNSHIP", False)
    )
    three = await _zone(town, "Zone 3", ("other", "OFFICE", True), ("t2d", "TOWNSHIP", False))
    return County(town, {"four": four, "three": three})


async def _found(town: Town) -> None:
    async with town.services.database.write(town.tenant_id) as session:
        statement = select(Organization).where(
            Organization.tenant_id == town.tenant_id, Organization.parent_id.is_(None)
        )
        root = (await session.scalars(statement)).one()
    organizations, paths = {**town.organizations, "root": root.id}, {**town.paths, "root": root.path}
    for code, above in {**dict.fromkeys(CODES, "root"), **BELOW}.items():
        organizations[code], paths[code] = uuid7(), f"{paths[above]}{code}/"
        await town.add(_organization(town.tenant_id, organizations[code], organizations[above], code, paths[code]))
    town.organizations, town.paths = organizations, paths
    town.grids = {**dict.fromkeys(organizations, town.grids["east"]), **town.grids}


def _organization(tenant_id: UUID, id_: UUID, parent_id: UUID, code: str, path: str) -> Organization:
    return Organization(
        tenant_id=tenant_id,
        id=id_,
        parent_id=parent_id,
        code=code,
        name=code.title(),
        labels={},
        level="community",
        kind="community_org",
        rank=4,
        path=path,
    )


async def _zone(town: Town, name: str, *parts: tuple[str, str, bool]) -> str:
    query = f"""mutation($input: CreateCooperationZoneInput!) {{ createCooperationZone(input: $input) {{
      cooperationZone {{ id }} {ERRORS} }} }}"""
    members = [
        {"organizationId": town.id("org", town.organizations[code]), "part": part, "leads": leads}
        for code, part, leads in parts
    ]
    payload = await town.change("lead", query, input={"name": name, "members": members})
    assert payload["userErrors"] == []
    found: str = payload["cooperationZone"]["id"]
    return found
