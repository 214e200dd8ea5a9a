"""The seventh of Jiamusi's eight steps: drafted, checked by somebody else, public as a copy, or waived (T23, T24)."""

from __future__ import annotations

from collections.abc import Awaitable

import pytest

from migrations.roles import DatabaseUrls
from server.cases.replay import replay
from server.cases.service import closing, supervision
from server.cases.service.changes import read_log
from server.errors import AppError
from server.publications.models import PublishedCase
from tests.server.cases.steps import do, refused
from tests.server.cases.towns import Town
from tests.server.publications.matters import WORDS, Press, found_press, let_time_pass


@pytest.fixture
async def press(jiamusi: Town) -> Press:
    return await found_press(jiamusi)


async def code_of(attempt: Awaitable[object]) -> str:
    with pytest.raises(AppError) as caught:
        await attempt
    return caught.value.code


async def test_a_result_becomes_public_as_a_copy_that_knows_no_case(press: Press) -> None:
    town, case_id = press.town, await press.rated()
    assert await refused(town, closing.archive_case, case_id, press.chief) == "CASE_STEPS_MISSING"
    draft = await press.draft(case_id)
    assert (draft.status, draft.version, draft.findings, draft.place) == ("DRAFT", 1, [], "community")
    assert (draft.category, draft.month) == ("FIRE_HAZARD", f"{(await town.case(case_id)).resolved_at:%Y-%m}")
    assert await code_of(press.publish(case_id)) == "PUBLICATION_NOT_CHECKED"
    assert await code_of(press.check(draft, press.drafter)) == "PUBLICATION_OWN_DRAFT"
    await press.check(draft)
    assert await code_of(press.check(await press.publication(case_id))) == "PUBLICATION_WRONG_STATUS"
    assert await press.copies() == []
    await press.publish(case_id)
    (copy,) = await press.copies()
    assert {"title": copy.title, "asked": copy.asked, "done": copy.done} == WORDS
    assert (copy.place, copy.category, copy.month) == ("community", "FIRE_HAZARD", draft.month)
    assert set(PublishedCase.__table__.c.keys()) & {"case_id", "number", "grid_id", "path", "reporter_id"} == set()
    assert (await town.case(case_id)).status == "PUBLISHED"
    assert await code_of(press.draft(case_id)) == "PUBLICATION_TOO_EARLY"
    await do(town, closing.archive_case, case_id, press.chief)
    steps = [event.step for event in await town.log(case_id) if event.step]
    assert steps == [
        "ACCEPTED",
        "TRIAGED",
        "TRACKED",
        "URGED",
        "FEEDBACK_GIVEN",
        "RATED",
        "PUBLISHED",
        "ARCHIVED",
    ]


async def test_what_is_checked_is_what_was_read(press: Press) -> None:
    case_id = await press.rated()
    first = await press.draft(case_id)
    await press.draft(case_id, done="They were mended at once.")
    assert await code_of(press.check(first)) == "VERSION_CONFLICT"
    again = await press.publication(case_id)
    assert again.version == 2
    await press.check(again)
    redrafted = await press.draft(case_id, done="Mended.")
    assert (redrafted.status, redrafted.checked_by_id) == ("DRAFT", None)
    assert await code_of(press.publish(case_id)) == "PUBLICATION_NOT_CHECKED"


async def test_findings_must_be_taken_out(press: Press) -> None:
    case_id = await press.rated()
    draft = await press.draft(case_id, asked="Resident 1 in grid-1 called 13812345678; Member 2 came.")
    assert {(found["kind"], found["text"]) for found in draft.findings} == {
        ("NAME", "Resident 1"),
        ("NAME", "Member 2"),
        ("PLACE", "grid"),
        ("PLACE", "grid-1"),
        ("PHONE", "13812345678"),
    }
    assert await code_of(press.check(draft)) == "PUBLICATION_FINDINGS"
    assert await code_of(press.publish(case_id)) == "PUBLICATION_NOT_CHECKED"
    await press.check(await press.draft(case_id))
    await press.publish(case_id)


async def test_only_the_place_s_publishers_and_only_what_the_city_lets_be_public(press: Press) -> None:
    town, case_id = press.town, await press.rated()
    assert await code_of(press.draft(case_id, press.chief)) == "FORBIDDEN"
    stranger = await town.staff(
        "community_secretary", at=await town.organization("community", "x", town.branch["subdistrict"])
    )
    assert await code_of(press.draft(case_id, stranger)) == "NOT_FOUND"
    assert await code_of(press.check(await press.draft(case_id), stranger)) == "NOT_FOUND"
    aid = await press.rated("AID")
    assert await code_of(press.draft(aid)) == "CASE_CATEGORY_PRIVATE"
    assert await code_of(press.publish(aid)) == "CASE_CATEGORY_PRIVATE"
    await press.waive(aid)
    await do(town, closing.archive_case, aid, press.chief)


async def test_a_waiver_with_a_reason_counts_as_the_step(press: Press) -> None:
    town, case_id = press.town, await press.rated()
    assert await code_of(press.waive(case_id, " ")) == "TEXT_REQUIRED"
    await press.check(await press.draft(case_id))
    await press.waive(case_id)
    assert await code_of(press.waive(case_id)) == "CASE_PUBLICATION_WAIVED"
    assert await code_of(press.publish(case_id)) == "CASE_PUBLICATION_WAIVED"
    event = (await town.log(case_id))[-1]
    assert (event.kind, event.step, event.note) == ("PUBLICATION_WAIVED", "PUBLISHED", "A quarrel among neighbors")
    await do(town, closing.archive_case, case_id, press.chief)
    row = await town.case(case_id)
    assert row.publication_waived_at == event.at
    async with town.database.write(town.tenant_id) as session:
        facts = replay(await read_log(session, case_id, tenant_id=town.tenant_id))
    assert (facts.publication_waived_at, facts.status) == (event.at, "ARCHIVED")
    assert await press.copies() == []


async def test_silence_is_waited_for_as_long_as_one_may_rate(press: Press, db_urls: DatabaseUrls) -> None:
    town, case_id = press.town, await press.fed_back()
    await press.check(await press.draft(case_id))
    assert await code_of(press.publish(case_id)) == "CASE_RATING_OPEN"
    assert await code_of(press.waive(case_id)) == "CASE_RATING_OPEN"
    await let_time_pass(db_urls, town, days=15)
    await press.publish(case_id)
    assert (await town.case(case_id)).rating is None


async def test_a_draft_of_an_earlier_result_is_no_draft_of_this_one(press: Press) -> None:
    town, case_id = press.town, await press.rated()
    await press.check(await press.draft(case_id))
    await do(town, closing.reopen_case, case_id, press.resident, reason="Dark again")
    await do(town, closing.resolve_case, case_id, press.chief, result="Mended again")
    await do(town, supervision.waive_urge, case_id, press.checker, reason="Solved at once")
    await do(town, closing.give_feedback, case_id, press.chief, feedback="Again")
    await do(town, closing.rate_case, case_id, press.resident, rating="SATISFIED", comment=None)
    assert await code_of(press.publish(case_id)) == "PUBLICATION_NOT_CHECKED"


async def test_a_copy_is_taken_off_at_once_and_leaves_a_gap(press: Press) -> None:
    case_id = await press.rated()
    await press.check(await press.draft(case_id))
    publication = await press.publication(case_id)
    assert await code_of(press.withdraw(publication)) == "PUBLICATION_WRONG_STATUS"
    await press.publish(case_id)
    await press.withdraw(publication)
    (copy,) = await press.copies()
    assert (copy.title, copy.asked, copy.done, copy.place) == (None, None, None, None)
    assert (copy.category, copy.withdrawn_at is not None) == ("FIRE_HAZARD", True)
    row = await press.publication(case_id)
    assert (row.status, row.reason) == ("WITHDRAWN", "Somebody was recognized")
    assert (await press.town.case(case_id)).status == "PUBLISHED"
    assert await code_of(press.withdraw(publication)) == "PUBLICATION_WRONG_STATUS"
