"""Reports without a name, for somebody else, and what a tracking code is good for."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, text

from schema.planner.binding import Parameters
from schema.planner.reads import Reads
from server.cases.origins import Intake, Origin, ServiceMode, Source
from server.cases.service import closing, dispatch
from server.cases.service.reporting import Report, report_case
from server.cases.states import Rating
from server.errors import AppError
from server.events.models import AuditEntry
from server.intake.models import CaseContact, TrackingCode
from server.intake.rules import read_code
from server.intake.service import tracking
from server.intake.service.anonymous import report_anonymously
from server.intake.service.behalf import Contact, keep_contact, note_contacts_read, unseal_contacts
from tenants.context import Actor, anonymous_actor
from tenants.keys import Keyring
from tenants.permissions import Permission
from tenants.viewer import Viewer
from tests.server.cases.steps import do, refused, report
from tests.server.cases.towns import Town


async def anonymous(daye: Town, keyring: Keyring, *, allowed: bool = True, **words: Any) -> str:
    actor = anonymous_actor(daye.tenant_id, Permission.CASE_REPORT)
    given = {"grid_code": "grid-1", "category": "SANITATION", "title": "Bins", "description": "", "answers": None}
    async with daye.database.write(daye.tenant_id) as session:
        return await report_anonymously(
            session, **{**given, **words}, allowed=allowed, policy=daye.policy, keyring=keyring, actor=actor
        )


async def told(daye: Town, keyring: Keyring, code: str) -> dict[str, Any] | None:
    """What the code tells, by the statement that clients get it from."""
    found = read_code(code)
    tenant_id = await tracking.city_of(found, daye.registry)
    reads = Reads(daye.database)

    def build(viewer: Viewer, parameters: Parameters) -> Any:
        return tracking.tracked(viewer, {"digest": parameters.own("digest", tracking.TRACKED_BY["digest"])})

    value = await reads.raw(
        anonymous_actor(tenant_id), "case_by_tracking_code", build, {"digest": tracking.digest_of(found, keyring)}
    )
    return None if value is None else orjson.loads(value)


async def case_of(daye: Town, keyring: Keyring, code: str) -> UUID:
    async with daye.database.write(daye.tenant_id) as session:
        holder = await holder_of(session, daye, keyring, code)
    assert holder.tracks is not None
    return holder.tracks


async def holder_of(session: Any, daye: Town, keyring: Keyring, code: str) -> Actor:
    return await tracking.holder_of(
        session, read_code(code), tenant_id=daye.tenant_id, keyring=keyring, request_id="test"
    )


async def rate(daye: Town, keyring: Keyring, code: str, rating: Rating = Rating.SATISFIED) -> None:
    async with daye.database.write(daye.tenant_id) as session:
        holder = await holder_of(session, daye, keyring, code)
        await tracking.rate_by_code(session, rating=rating, comment=None, policy=daye.policy, actor=holder)


async def concluded(daye: Town, case_id: UUID) -> None:
    """The case taken through its course, with feedback."""
    secretary = await daye.staff("first_secretary", at=daye.home)
    member = await daye.staff("posted_member", at=daye.home, posted=True)
    await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=None)
    await do(daye, dispatch.claim_case, case_id, member)
    await do(daye, dispatch.start_case, case_id, member)
    await do(daye, closing.resolve_case, case_id, member, result="Emptied")
    await do(daye, closing.give_feedback, case_id, member, feedback="They are empty now")


async def test_nobody_is_known_and_the_code_is_kept_nowhere(daye: Town, keyring: Keyring) -> None:
    await daye.grid(daye.home, "grid-1")
    code = await anonymous(daye, keyring)
    case = await daye.case(await case_of(daye, keyring, code))
    assert (case.reporter_id, case.reporter_account_id, case.anonymous, case.source) == (None, None, True, "APP")
    (event,) = await daye.log(case.id)
    assert (event.actor_role, event.actor_member_id) == ("anonymous", None)
    city, *groups = code.split("-")
    assert (city, [len(group) for group in groups]) == ("DAYE", [5] * 5)
    async with daye.database.write(daye.tenant_id) as session:
        (kept,) = (await session.scalars(select(TrackingCode).where(TrackingCode.tenant_id == daye.tenant_id))).all()
        written = await session.scalar(
            text("select string_agg(c::text, ' ') from audit_entry c where tenant_id = :tenant"),
            {"tenant": daye.tenant_id},
        )
    assert len(kept.digest) == 32
    assert groups[0].encode() not in kept.digest
    assert groups[0] not in (written or "")


async def test_a_city_that_takes_no_such_reports_says_so_and_writes_nothing(daye: Town, keyring: Keyring) -> None:
    await daye.grid(daye.home, "grid-1")
    with pytest.raises(AppError) as caught:
        await anonymous(daye, keyring, allowed=False)
    assert caught.value.code == "ANONYMOUS_NOT_TAKEN"
    with pytest.raises(AppError) as caught:
        await anonymous(daye, keyring, grid_code="nowhere")
    assert (caught.value.code, caught.value.field) == ("NOT_FOUND", ("gridCode",))
    with pytest.raises(AppError) as caught:
        await anonymous(daye, keyring, category="MARKET")
    assert caught.value.field == ("answers", "shop")
    async with daye.database.write(daye.tenant_id) as session:
        assert (await session.scalars(select(TrackingCode).where(TrackingCode.tenant_id == daye.tenant_id))).all() == []


async def test_the_code_tells_where_the_case_stands_and_only_what_is_meant_for_its_reporter(
    daye: Town, keyring: Keyring
) -> None:
    await daye.grid(daye.home, "grid-1")
    code = await anonymous(daye, keyring, title="Bins are full")
    await concluded(daye, await case_of(daye, keyring, code))
    found = await told(daye, keyring, code)
    assert found is not None
    assert (found["status"], found["category"], found["result"], found["rating"]) == (
        "FEEDBACK_GIVEN",
        "SANITATION",
        "Emptied",
        None,
    )
    assert [(step["kind"], step["said"]) for step in found["steps"]] == [
        ("REPORTED", None),
        ("DISPATCHED", None),
        ("CLAIMED", None),
        ("STARTED", None),
        ("RESOLVED", None),
        ("FEEDBACK_GIVEN", "They are empty now"),
    ]
    assert "title" not in found
    typed = code.lower().replace("0", "o").replace("1", "l")
    assert await told(daye, keyring, f" {typed} ") == found


async def test_any_other_text_tells_nothing(daye: Town, keyring: Keyring) -> None:
    await daye.grid(daye.home, "grid-1")
    code = await anonymous(daye, keyring)
    last = "0" if code[-1] != "0" else "2"
    for other in (
        code[:-1] + last,
        code[:-1],
        code.replace("DAYE", "WUHAN"),
        code.replace("DAYE", "NOWHERE"),
        "",
        "x" * 999,
    ):
        assert await told(daye, keyring, other) is None, other
        with pytest.raises(AppError) as caught:
            await case_of(daye, keyring, other)
        assert (caught.value.code, caught.value.field) == ("NOT_FOUND", ("code",))


async def test_the_holder_of_the_code_rates_once_and_after_the_feedback(daye: Town, keyring: Keyring) -> None:
    """AQ-02: rating before completion refused; second rating refused."""
    grid = await daye.grid(daye.home, "grid-1")
    code = await anonymous(daye, keyring)
    case_id = await case_of(daye, keyring, code)
    with pytest.raises(AppError) as caught:
        await rate(daye, keyring, code)
    assert caught.value.code == "CASE_WRONG_STATUS"
    await concluded(daye, case_id)
    resident = await daye.resident(grid)
    assert (
        await refused(daye, closing.rate_case, case_id, resident, rating=Rating.SATISFIED, comment=None) == "NOT_FOUND"
    )
    await rate(daye, keyring, code)
    assert ((await daye.case(case_id)).rating, (await daye.log(case_id))[-1].actor_role) == ("SATISFIED", "anonymous")
    with pytest.raises(AppError) as caught:
        await rate(daye, keyring, code)
    assert caught.value.code == "CASE_ALREADY_RATED"


async def test_the_holder_of_a_code_has_that_case_alone(daye: Town, keyring: Keyring) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    code = await anonymous(daye, keyring)
    other = await report(daye, await daye.resident(grid), grid.id)
    await concluded(daye, other)
    async with daye.database.write(daye.tenant_id) as session:
        holder = await holder_of(session, daye, keyring, code)
    assert await refused(daye, closing.rate_case, other, holder, rating=Rating.SATISFIED, comment=None) == "NOT_FOUND"


async def test_staff_report_for_a_resident_whose_case_it_is_then(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    worker, resident = await daye.staff("grid_worker", grid=grid), await daye.resident(grid)
    assert resident.resident_id is not None
    case_id = await report(daye, worker, grid.id, intake=Intake(behalf_of=resident.resident_id, source=Source.DESK))
    case = await daye.case(case_id)
    assert (case.reporter_id, case.on_behalf, case.source) == (resident.resident_id, True, "DESK")
    await concluded(daye, case_id)
    words = {"rating": Rating.SATISFIED, "comment": None}
    assert await refused(daye, closing.rate_case, case_id, worker, **words) == "FORBIDDEN"
    await do(daye, closing.rate_case, case_id, resident, **words)


async def test_only_residents_in_sight_and_only_by_staff(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    far = await daye.grid(await daye.organization("community", "far", daye.branch["subdistrict"]), "grid-2")
    worker = await daye.staff("grid_worker", grid=grid)
    neighbor, stranger = await daye.resident(grid), await daye.resident(far)
    for actor, intake, code in (
        (worker, Intake(behalf_of=stranger.resident_id), "NOT_FOUND"),
        (neighbor, Intake(behalf_of=stranger.resident_id), "INTAKE_STAFF_ONLY"),
        (neighbor, Intake(source=Source.HOTLINE), "INTAKE_STAFF_ONLY"),
        (neighbor, Intake(origin=Origin.PROACTIVE_VISIT), "INTAKE_STAFF_ONLY"),
        (worker, Intake(mode=ServiceMode.AGENT), "CONSENT_REQUIRED"),
    ):
        with pytest.raises(AppError) as caught:
            await report(daye, actor, grid.id, intake=intake)
        assert caught.value.code == code
    case = await daye.case(
        await report(
            daye,
            worker,
            grid.id,
            intake=Intake(origin=Origin.PROACTIVE_VISIT, mode=ServiceMode.AGENT, consented=True, source=Source.DOOR),
        )
    )
    assert (case.origin, case.service_mode, case.consented, case.source) == ("PROACTIVE_VISIT", "AGENT", True, "DOOR")


async def test_a_contact_is_kept_encrypted_and_its_reading_is_logged(daye: Town, keyring: Keyring) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    worker = await daye.staff("grid_worker", grid=grid)
    contact = Contact("Invented Wang", "+86 555 0100")
    async with daye.database.write(daye.tenant_id) as session:
        case_id = await report_case(
            session,
            report=Report(grid.id, "SANITATION", "Bins", intake=Intake(for_contact=True)),
            idempotency_key=None,
            policy=daye.policy,
            actor=worker,
            beside=[keep_contact(contact, keyring=keyring, tenant_id=daye.tenant_id)],
        )
    async with daye.database.write(daye.tenant_id) as session:
        row = (await session.scalars(select(CaseContact).where(CaseContact.tenant_id == daye.tenant_id))).one()
        await note_contacts_read(session, case_ids=[case_id], actor=worker)
    assert b"Wang" not in row.sealed
    assert b"0100" not in row.sealed
    triple = [base64.b64encode(row.sealed).decode(), row.key_version, str(case_id)]
    assert await unseal_contacts(keyring, [triple], tenant_id=daye.tenant_id) == [contact]
    async with daye.database.write(daye.tenant_id) as session:
        rows = select(AuditEntry).where(AuditEntry.tenant_id == daye.tenant_id, AuditEntry.object_id == case_id)
        noted = [(entry.action, entry.actor_id, entry.detail) for entry in await session.scalars(rows)]
    assert ("case:contact", worker.account_id, {"purpose": "INTAKE"}) in noted
    await concluded(daye, case_id)
    words = {"rating": Rating.SATISFIED, "comment": None}
    assert await refused(daye, closing.rate_case, case_id, worker, **words) == "FORBIDDEN"
    secretary = await daye.staff("first_secretary", at=daye.home)
    assert await refused(daye, closing.rate_case, case_id, secretary, **words) == "FORBIDDEN"
