"""DY-14 through the API: who is entitled on which day, and who may ask."""

from __future__ import annotations

from datetime import date
from typing import Any

from server.health_checks.models import AccessLog, HealthCheckPolicyRow
from tenants.ids import uuid7
from tests.fixtures.town import WEST, Town

ELIGIBILITY = """
query ($id: ID!, $on: Date) {
  healthCheckEligibility(residentId: $id, on: $on) { eligible reason message age nextEligibleOn policyEffectiveFrom }
}
"""
RECORD = """
mutation ($id: ID!, $on: Date!) {
  recordHealthCheck(input: {
    residentId: $id, checkedOn: $on, findings: {pulse: 62}, consent: {purpose: "Free check", givenOn: $on}
  }) { userErrors { code } }
}
"""
BORN = date(1961, 5, 20)


async def ask(town: Town, username: str, resident_id: Any, on: str | None, **more: Any) -> Any:
    id_ = town.id("resident", resident_id)
    answer = await town.ask(username, ELIGIBILITY, id=id_, on=on, **more)
    assert answer["errors"] == []
    return answer["data"]["healthCheckEligibility"]


async def test_the_bounds_of_age(town: Town) -> None:
    man = await town.resident("wei", sex="MALE", born=BORN)
    woman = await town.resident("lan", sex="FEMALE", born=date(1965, 6, 30))
    await town.member("doctor", "health_worker")
    for resident_id, on, age, reason, later in (
        (man, "2021-05-19", 59, "TOO_YOUNG", "2021-05-20"),
        (man, "2021-05-20", 60, "ELIGIBLE", None),
        (man, "2026-05-19", 64, "ELIGIBLE", None),
        (man, "2026-05-20", 65, "TOO_OLD", None),
        (woman, "2019-12-31", 54, "NO_POLICY", None),
        (woman, "2020-06-29", 54, "TOO_YOUNG", "2020-06-30"),
        (woman, "2020-06-30", 55, "ELIGIBLE", None),
        (woman, "2030-06-29", 64, "ELIGIBLE", None),
        (woman, "2030-06-30", 65, "TOO_OLD", None),
    ):
        answer = await ask(town, "doctor", resident_id, on)
        assert (answer["eligible"], answer["reason"]) == (reason == "ELIGIBLE", reason)
        assert (answer["age"], answer["nextEligibleOn"]) == (age, later)
        assert answer["policyEffectiveFrom"] == (None if reason == "NO_POLICY" else "2020-01-01")


async def test_the_second_check_waits_for_24_months(town: Town) -> None:
    resident_id = await town.resident("lan", sex="MALE", born=date(1961, 1, 1))
    await town.member("doctor", "health_worker")
    id_ = town.id("resident", resident_id)
    assert await town.change("doctor", RECORD, id=id_, on="2021-06-10") == {"userErrors": []}
    for on, reason, later in (("2023-05-10", "CHECKED_RECENTLY", "2023-06-10"), ("2023-06-10", "ELIGIBLE", None)):
        answer = await ask(town, "doctor", resident_id, on)
        assert (answer["reason"], answer["nextEligibleOn"]) == (reason, later)
    early = await town.change("doctor", RECORD, id=id_, on="2023-05-10")
    assert early == {"userErrors": [{"code": "INELIGIBLE_CHECKED_RECENTLY"}]}
    assert await town.change("doctor", RECORD, id=id_, on="2023-06-10") == {"userErrors": []}


async def test_the_answer_speaks_the_client_s_language(town: Town) -> None:
    resident_id = await town.resident("lan", sex="MALE", born=date(1980, 1, 1))
    assert (await ask(town, "lan", resident_id, "2026-01-01"))["message"] == "Below the age of the policy."
    chinese = await ask(town, "lan", resident_id, "2026-01-01", language="zh-CN")
    assert chinese["message"] == "未达到政策规定的年龄。"


async def test_a_later_policy_widens_without_changing_the_days_before(town: Town) -> None:
    row = HealthCheckPolicyRow(
        tenant_id=town.tenant_id,
        id=uuid7(),
        effective_from=date(2026, 1, 1),
        sex="MALE",
        min_age=40,
        max_age=80,
        interval_months=12,
        interval_from="LAST_CHECK",
    )
    await town.add(row)
    resident_id = await town.resident("lan", sex="MALE", born=date(1980, 1, 1))
    before = await ask(town, "lan", resident_id, "2025-12-31")
    after = await ask(town, "lan", resident_id, "2026-01-01")
    assert (before["reason"], before["policyEffectiveFrom"]) == ("TOO_YOUNG", "2020-01-01")
    assert (after["reason"], after["policyEffectiveFrom"]) == ("ELIGIBLE", "2026-01-01")


async def test_only_the_resident_and_health_workers_of_the_place_are_answered(town: Town) -> None:
    resident_id = await town.resident("lan", sex="MALE", born=BORN)
    await town.resident("neighbor")
    await town.member("doctor", "health_worker")
    await town.member("far-doctor", "health_worker", WEST)
    for role in ("tenant_admin", "first_secretary", "community_secretary", "grid_worker", "police", "analyst"):
        await town.member(role.replace("_", "-"), role)
    answers = {username: await ask(town, username, resident_id, "2024-01-01") for username in town.usernames}
    answered = {username for username, answer in answers.items() if answer is not None}
    assert answered == {"lan", "doctor"}
    assert await town.rows(AccessLog) == []


async def test_an_answer_that_tells_of_an_earlier_check_is_logged(town: Town) -> None:
    resident_id = await town.resident("lan", sex="MALE", born=BORN)
    await town.member("doctor", "health_worker")
    await town.change("doctor", RECORD, id=town.id("resident", resident_id), on="2021-06-10")
    await ask(town, "doctor", resident_id, "2022-01-01")
    await ask(town, "lan", resident_id, "2022-01-01")
    log = [(row.reader_name, row.purpose) for row in await town.rows(AccessLog)]
    assert log == [("Invented doctor", "ELIGIBILITY"), ("Invented lan", "ELIGIBILITY")]


async def test_a_day_before_the_birth_is_a_fault_of_the_request(town: Town) -> None:
    id_ = town.id("resident", await town.resident("lan", born=BORN))
    for on in ("1961-05-19", "0001-01-01"):
        answer = await town.ask("lan", ELIGIBILITY, id=id_, on=on)
        assert answer["data"] == {"healthCheckEligibility": None}
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BIRTH_DATE_IN_FUTURE"]


async def test_the_last_day_there_is_can_be_asked_about(town: Town) -> None:
    resident_id = await town.resident("lan", born=BORN)
    assert (await ask(town, "lan", resident_id, "9999-12-31"))["reason"] == "TOO_OLD"


async def test_unknown_and_malformed_ids(town: Town) -> None:
    await town.resident("lan")
    assert await ask(town, "lan", uuid7(), None) is None
    wrong = await town.ask("lan", ELIGIBILITY, id="case_00000000-0000-7000-8000-000000000000")
    assert [error["extensions"]["code"] for error in wrong["errors"]] == ["BAD_USER_INPUT"]
    anonymous = await town.ask(None, ELIGIBILITY, id="resident_00000000-0000-7000-8000-000000000000")
    assert [error["extensions"]["code"] for error in anonymous["errors"]] == ["UNAUTHENTICATED"]


async def test_the_policy_is_public(town: Town) -> None:
    await town.member("officer", "police")
    query = """{ healthCheckPolicies(orderBy: EFFECTIVE_ASC) {
      totalCount nodes { effectiveFrom sex minAge maxAge intervalMonths intervalFrom }
    } }"""
    answer = await town.ask("officer", query)
    common = {"effectiveFrom": "2020-01-01", "maxAge": 64, "intervalMonths": 24, "intervalFrom": "LAST_CHECK"}
    nodes = [{**common, "sex": "FEMALE", "minAge": 55}, {**common, "sex": "MALE", "minAge": 60}]
    assert answer == {"data": {"healthCheckPolicies": {"totalCount": 2, "nodes": nodes}}, "errors": []}
