"""Nothing that an ordinary role can ask tells whether there is a sealed matter: not a row, a count, an event or an error.

First every answer of the API is compared, then every row of every ordinary table, of which all other answers are made.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from uuid import UUID

from sqlalchemy import Text, cast, select

from schema.context import Context
from schema.documents.asked import Asked
from schema.root import schema
from server.grids.models import Grid
from server.intake.rules import read_code
from server.members.models import Appointment, Member
from server.organizations.models import Organization
from server.sealed.models import SealedCase, SealedEvent
from server.sealed.rules import SealedFactor, SealedVerdict, ZonePart
from server.sealed.service import handling, reading, tracking, zones
from server.tables import metadata
from tenants.context import Actor, Reach
from tenants.db import Base
from tenants.ids import public_id, uuid7
from tenants.permissions import SEALED_MATTERS, Permission
from tests.fixtures.city import Api, Platform
from tests.fixtures.town import OPERATIONS
from tests.house.lints import documents

ASKING = (
    ("daye", "tenant_admin"),
    ("daye", "first_secretary"),
    ("daye", "analyst"),
    ("daye", "resident"),
    ("daye", None),
    ("jiamusi", "tenant_admin"),
    ("jiamusi", "dispatcher"),
)
OWN_TABLES = {
    "cooperation_zone",
    "sealed_access",
    "sealed_allegation",
    "sealed_case",
    "sealed_event",
    "zone_member",
    "zone_rule",
}
_AVAILABLE = re.compile(rb'"currentlyAvailable":[0-9]+')
REPORT = "mutation($input: ReportSealedInput!) { reportSealed(input: $input) { trackingCode userErrors { code } } }"
STEPS = """mutation($id: ID!) {
  closeSealed(input: {caseId: $id, expectedVersion: 1}) { userErrors { code field message } }
  beginSealedInquiry(input: {caseId: $id, expectedVersion: 1}) { userErrors { code field message } }
  identifySealedReporter(input: {caseId: $id, reason: "x"}) { userErrors { code field message } } }"""
NODE = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } sealedCase(id: $id) { id } }"


def queries(slug: str, username: str | None) -> Iterator[str]:
    """Every root field. For the administrator with what is related, and with each order and each filter by itself."""
    root = schema()._schema.query_type
    assert root is not None
    administers = (slug, username) == ASKING[0]
    for name, definition in root.fields.items():
        if name == "auditEntries":
            continue  # tells of the refusals of those asking here, too; looked at by itself below
        related = administers and name != "sealedCases"  # everything related to those costs most of a budget
        asked = documents.reads(name, definition, depth=int(related))
        yield from asked if administers else [next(asked)]


TRAIL = "{ auditEntries(first: 100) { nodes { action objectType objectId detail } totalCount } }"


async def told_to(platform: Platform, slug: str, username: str | None, query: str, **variables: str) -> bytes:
    """The whole answer, with what it cost; only what the budget still holds is left out, which time alone changes."""
    actor = await platform.actor(slug, username) if username else None
    context = Context(services=platform.services, actor=actor, request_id="request-1", peer="2001:db8::1")
    asked = Asked(query=query, variables=variables)
    answer = await OPERATIONS.run(context, asked)
    if answer.retry_after is not None:
        await asyncio.sleep(answer.retry_after)
        answer = await OPERATIONS.run(context, asked)
    assert b"THROTTLED" not in answer.body
    return _AVAILABLE.sub(b"", answer.body)


async def answers(platform: Platform) -> dict[tuple[str, str | None, str], bytes]:
    """What each of those asking is told, errors with their texts included."""
    return {
        (slug, username, query): await told_to(platform, slug, username, query)
        for slug, username in ASKING
        for query in queries(slug, username)
    }


async def rows(platform: Platform) -> dict[str, list[str]]:
    """Every row of every ordinary table of the city, as text."""
    tenant_id = (await platform.tenant("daye")).id
    found = {}
    async with platform.services.database.write(tenant_id) as session:
        for table in metadata.sorted_tables:
            if "tenant_id" in table.c and table.name not in OWN_TABLES | {"data_key", "sign_in_session"}:
                found[table.name] = sorted(await session.scalars(select(cast(table.table_valued(), Text))))
    found["audit_entry"] = [line for line in found["audit_entry"] if ",REFUSED" not in line]  # of those asking here
    found["tenant_counter"] = [line for line in found["tenant_counter"] if ",sealed_case," not in line]
    return found


async def lead(platform: Platform) -> Actor:
    """A lead of discipline, at home in an office of its own below the city's root; as seen by the use cases."""
    tenant_id = (await platform.tenant("daye")).id
    async with platform.services.database.write(tenant_id) as session:
        root = (
            await session.scalars(
                select(Organization).where(Organization.tenant_id == tenant_id, Organization.parent_id.is_(None))
            )
        ).one()
        office, member_id, path = uuid7(), uuid7(), f"{root.path}discipline/"
        place = {"level": root.level, "kind": root.kind, "rank": root.rank, "labels": {}}
        made: list[Base] = [
            Organization(
                tenant_id=tenant_id,
                id=office,
                parent_id=root.id,
                code="discipline",
                name="Discipline",
                path=path,
                **place,
            ),
            Member(tenant_id=tenant_id, id=member_id, organization_id=office, path=path, name="Invented lead"),
            Appointment(
                tenant_id=tenant_id,
                id=uuid7(),
                member_id=member_id,
                role="discipline_lead",
                scope="TENANT",
                starts_on=date(2020, 1, 1),
            ),
        ]
        for row in made:
            session.add(row)
            await session.flush()
    access = dict.fromkeys((*SEALED_MATTERS, Permission.ORGANIZATION_READ), Reach(tenant=True))
    return Actor(tenant_id=tenant_id, account_id=uuid7(), member_id=member_id, access=access)


async def zone_of(platform: Platform, actor: Actor) -> UUID:
    async with platform.services.transactions.open(actor) as session:
        office = await session.scalar(
            select(Organization.id).where(Organization.tenant_id == actor.tenant_id, Organization.code == "discipline")
        )
        assert office is not None
        return await zones.create_zone(
            session, name="Zone 1", parts=[zones.Part(office, ZonePart.OFFICE, leads=True)], actor=actor
        )


async def whole_course(platform: Platform, actor: Actor, zone_id: UUID, code: str) -> UUID:
    """Everything that can happen to the one matter there is."""
    services = platform.services
    async with services.transactions.open(actor) as session:
        case_id = (await session.scalars(select(SealedCase.id).where(SealedCase.tenant_id == actor.tenant_id))).one()

        async def step(take: Callable[..., Awaitable[UUID]], version: int, **words: object) -> None:
            common = {"case_id": case_id, "keyring": services.keyring, "actor": actor}
            await take(session, expected_version=version, **common, **words)

        await reading.note_readings(session, [case_id], actor=actor)
        await reading.identify_reporter(
            session, case_id=case_id, reason="Threatened", keyring=services.keyring, actor=actor
        )
        await step(handling.analyze_sealed, 1, factors=[SealedFactor.LONG_TIME], note="x")
        await step(handling.assign_zone, 2, zone_id=zone_id)
        await step(handling.begin_inquiry, 3)
        await step(handling.transfer_sealed, 4, target="Badou", organization_id=None, note="x")
        await step(handling.give_sealed_feedback, 5, allegation=1, text="x")
        await step(handling.close_sealed, 6)
        held = read_code(code)
        keyring, tenant_id = services.keyring, actor.tenant_id
        await tracking.track_sealed(session, held, tenant_id=tenant_id, keyring=keyring)
        verdict = SealedVerdict.SATISFIED
        await tracking.rate_sealed(session, held, verdict=verdict, comment=None, tenant_id=tenant_id, keyring=keyring)
    return case_id


async def test_no_answer_and_no_ordinary_row_tells_of_a_sealed_matter(platform: Platform, api: Api) -> None:
    actor = await lead(platform)
    zone_id = await zone_of(platform, actor)
    async with platform.services.database.write(actor.tenant_id) as session:
        grid = await session.scalar(select(Grid.code).where(Grid.tenant_id == actor.tenant_id).order_by(Grid.code))
    told, stored = await answers(platform), await rows(platform)
    payload = (
        await api("daye", "resident", REPORT, input={"gridCode": grid, "allegations": ["Took fees"], "subject": "Zuo"})
    )["data"]["reportSealed"]
    assert payload["userErrors"] == []
    case_id = await whole_course(platform, actor, zone_id, payload["trackingCode"])
    trail = await told_to(platform, *ASKING[0], TRAIL)
    assert trail.count(b'"action"') > 1
    assert not re.search(rb"sealed|SealedCase|" + str(case_id).encode(), trail, re.IGNORECASE)
    assert {key for key, answer in (await answers(platform)).items() if answer != told[key]} == set()
    now_stored = await rows(platform)
    assert {name for name in stored if now_stored[name] != stored[name]} == set()
    async with platform.services.database.write(actor.tenant_id) as session:
        steps = list(await session.scalars(select(SealedEvent.kind).where(SealedEvent.tenant_id == actor.tenant_id)))
    assert len(steps) == 8
    known, unknown = public_id("sealed", case_id), public_id("sealed", uuid7())
    for slug, username in ASKING:
        for query in (NODE, STEPS):
            there = await told_to(platform, slug, username, query, id=known)
            assert there.replace(known.encode(), unknown.encode()) == await told_to(
                platform, slug, username, query, id=unknown
            )
