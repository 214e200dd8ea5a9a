"""Checks written down at the same moment."""

from __future__ import annotations

import asyncio
from datetime import date
from uuid import UUID

import pytest

from server.errors import AppError
from server.health_checks.models import HealthCheck, HealthRecord
from server.health_checks.rules import Eligibility, Reason
from server.health_checks.service.recording import Consent, ineligible, record_health_check
from tenants.context import Actor
from tenants.models import DataKey
from tests.fixtures.town import Town

CHECKED_ON = date(2022, 6, 10)


async def attempt(town: Town, resident_id: UUID, actor: Actor) -> str:
    """``written``, or the code of the refusal."""
    try:
        async with town.services.transactions.open(actor) as session:
            await record_health_check(
                session,
                resident_id=resident_id,
                checked_on=CHECKED_ON,
                findings={"pulse": 60},
                consent=Consent(purpose="Free check", given_on=CHECKED_ON),
                today=CHECKED_ON,
                keyring=town.services.keyring,
                actor=actor,
            )
    except AppError as error:
        return error.code
    return "written"


async def test_one_record_and_one_check_for_one_resident(town: Town) -> None:
    await town.member("doctor", "health_worker")
    actor = await town.actor("doctor")
    resident_id = await town.resident(None)
    outcomes = await asyncio.gather(*(attempt(town, resident_id, actor) for _ in range(4)))
    assert sorted(outcomes) == ["INELIGIBLE_CHECKED_RECENTLY"] * 3 + ["written"]
    assert len(await town.rows(HealthRecord)) == 1
    assert len(await town.rows(HealthCheck)) == 1


async def test_the_first_checks_of_a_city_share_one_key(town: Town) -> None:
    await town.member("doctor", "health_worker")
    actor = await town.actor("doctor")
    residents = [await town.resident(None) for _ in range(4)]
    outcomes = await asyncio.gather(*(attempt(town, resident_id, actor) for resident_id in residents))
    assert outcomes == ["written"] * 4
    assert [row.version for row in await town.rows(DataKey)] == [1]
    assert [row.key_version for row in await town.rows(HealthCheck)] == [1] * 4


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.ELIGIBLE])
def test_a_refusal_says_what_the_eligibility_says(reason: Reason) -> None:
    error = ineligible(reason)
    assert error.code == f"INELIGIBLE_{reason.value}"
    assert str(error) == Eligibility(eligible=False, reason=reason, age=0, next_eligible_on=None).reason_en
