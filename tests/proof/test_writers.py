"""Fifty at once: one case, one key, and answers that never arrive. Two web processes' worth of pools serve them."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import func, select

from migrations.roles import DatabaseUrls
from server.cases.models import Case
from server.main import application
from server.main import running as running_services
from tests.fixtures.live import serving
from tests.proof.calls import document
from tests.proof.cities import City, peopled
from tests.proof.cutting import cutting
from tests.proof.people import DISPATCHER, RESIDENT, WORKER
from tests.reference.city import plenty

AT_ONCE = 50
REPORT = """mutation($input: ReportCaseInput!) { reportCase(input: $input) {
 case { id number version status title } userErrors { code message } } }"""
_NOW_AT = re.compile(r"The case is at version (\d+); you saw (\d+)\.")


@dataclass(slots=True)
class Desk:
    """The city, two servers of it, and a client of both. addresses: ``host:port``."""

    city: City
    addresses: tuple[str, str]
    http: httpx.AsyncClient

    async def post(self, who: str, query: str, given: dict[str, Any], url: str | None = None, turn: int = 0) -> Any:
        """The whole answer to a mutation."""
        url = url or f"http://{self.addresses[turn % 2]}"
        headers = {"authorization": f"Bearer {self.city.shared.tokens[who]}"}
        request = {"query": query, "variables": {"input": given}}
        response = await self.http.post(f"{url}/graphql", json=request, headers=headers)
        return response.json()

    async def payload(self, who: str, name: str, case: dict[str, Any], turn: int = 0, **words: Any) -> dict[str, Any]:
        """The payload of a step, as whoever sees this version of the case takes it."""
        given = {"caseId": case["id"], "expectedVersion": case["version"], **words}
        body = await self.post(who, document(name), given, turn=turn)
        assert "errors" not in body
        found: dict[str, Any] = body["data"][name]
        return found

    def report(self, key: str) -> dict[str, Any]:
        """What a resident reports under a key."""
        title = "The bins are full"
        return {
            "gridId": self.city.shared.grid,
            "category": "AID",
            "track": "SERVICE_ORDER",
            "title": title,
            "idempotencyKey": key,
        }

    async def under_key(self, key: str) -> int:
        """How many cases were reported under a key."""
        tenant_id = self.city.town.tenant_id
        async with self.city.town.database.write(tenant_id) as session:
            counted = select(func.count()).where(Case.tenant_id == tenant_id, Case.idempotency_key == key)
            return await session.scalar(counted) or 0

    async def begun(self) -> dict[str, Any]:
        """A case that the worker has in hand."""
        case: dict[str, Any] = (await self.post(RESIDENT, REPORT, self.report("begun")))["data"]["reportCase"]["case"]
        for who, name in ((DISPATCHER, "dispatchCase"), (WORKER, "claimCase"), (WORKER, "startCase")):
            case = (await self.payload(who, name, case))["case"]
        return case


@pytest.fixture
async def desk(db_urls: DatabaseUrls, redis_url: str) -> AsyncIterator[Desk]:
    """Two servers with pools of their own over one city."""
    settings = plenty(db_urls, redis_url)
    async with (
        running_services(settings) as one,
        running_services(settings) as other,
        serving(application(one)) as first,
        serving(application(other)) as second,
        peopled(db_urls, []) as city,
        httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as client,
    ):
        yield Desk(city, (first, second), client)


async def test_of_fifty_writers_on_one_version_one_succeeds(desk: Desk) -> None:
    case = await desk.begun()
    payloads = await asyncio.gather(
        *[desk.payload(WORKER, "progressCase", case, turn, text=f"Part {turn}") for turn in range(AT_ONCE)]
    )
    done = [payload["case"] for payload in payloads if payload["case"]]
    assert done == [{"id": case["id"], "version": case["version"] + 1, "status": "IN_PROGRESS"}]
    errors = [payload["userErrors"] for payload in payloads if not payload["case"]]
    told = f"The case is at version {case['version'] + 1}; you saw {case['version']}. Read it again."
    assert errors == [[{"code": "VERSION_CONFLICT", "message": told}]] * (AT_ONCE - 1)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("writers", [12, pytest.param(AT_ONCE, marks=pytest.mark.slow)])
async def test_writers_who_try_again_all_succeed_each_at_a_version_of_its_own(desk: Desk, writers: int) -> None:
    case = await desk.begun()

    async def write(turn: int) -> int:
        seen = case
        while True:
            payload = await desk.payload(WORKER, "progressCase", seen, turn, text=f"Part {turn}")
            if payload["case"]:
                version: int = payload["case"]["version"]
                return version
            (error,) = payload["userErrors"]
            found = _NOW_AT.match(error["message"])
            assert found
            assert error["code"] == "VERSION_CONFLICT"
            assert int(found[1]) > int(found[2]) == seen["version"]
            seen = {**case, "version": int(found[1])}

    versions = await asyncio.gather(*map(write, range(writers)))
    first = case["version"] + 1
    assert sorted(versions) == list(range(first, first + writers))
    log = await desk.city.town.log(next(row.id for row in await rows(desk)))
    assert [event.version for event in log] == list(range(1, first + writers))
    notes = {event.version: event.note for event in log if event.kind == "PROGRESSED"}
    assert notes == {version: f"Part {turn}" for turn, version in enumerate(versions)}


async def test_fifty_reports_under_one_key_are_one_case(desk: Desk) -> None:
    bodies = await asyncio.gather(
        *[desk.post(RESIDENT, REPORT, desk.report("one"), turn=turn) for turn in range(AT_ONCE)]
    )
    answers = Counter(orjson.dumps(body["data"]) for body in bodies)
    assert list(answers.values()) == [AT_ONCE]
    assert orjson.loads(next(iter(answers)))["reportCase"]["userErrors"] == []
    assert await desk.under_key("one") == 1
    numbers = [row.number for row in await rows(desk)]
    assert [number.split("-")[-1] for number in numbers] == ["000001"]


async def test_a_retry_after_a_lost_answer_gets_the_first_answer(desk: Desk) -> None:
    async with cutting(desk.addresses[0], waits=True) as (url, proxy):
        with pytest.raises(httpx.HTTPError):
            await desk.post(RESIDENT, REPORT, desk.report("lost"), url)
    again = await desk.post(RESIDENT, REPORT, desk.report("lost"), turn=1)
    (first,) = proxy.answers
    assert again["data"] == orjson.loads(first)["data"]
    assert again["data"]["reportCase"]["case"]["version"] == 1
    assert await desk.under_key("lost") == 1


async def test_a_retry_while_the_first_report_is_under_way_is_no_second_one(desk: Desk) -> None:
    async with cutting(desk.addresses[0], waits=False) as (url, _proxy):
        for number in range(10):
            key = f"cut-{number}"
            with pytest.raises(httpx.HTTPError):
                await desk.post(RESIDENT, REPORT, desk.report(key), url)
            again = [await desk.post(RESIDENT, REPORT, desk.report(key), turn=turn) for turn in range(2)]
            assert again[0]["data"] == again[1]["data"]
            assert again[0]["data"]["reportCase"]["userErrors"] == []
            assert await desk.under_key(key) == 1


async def test_a_step_whose_answer_was_lost_is_not_taken_again(desk: Desk) -> None:
    case = await desk.begun()
    given = {"caseId": case["id"], "expectedVersion": case["version"], "text": "Seen"}
    async with cutting(desk.addresses[0], waits=True) as (url, proxy):
        with pytest.raises(httpx.HTTPError):
            await desk.post(WORKER, document("progressCase"), given, url)
    (first,) = proxy.answers
    assert orjson.loads(first)["data"]["progressCase"]["case"]["version"] == case["version"] + 1
    (error,) = (await desk.payload(WORKER, "progressCase", case, text="Seen"))["userErrors"]
    assert error["code"] == "VERSION_CONFLICT"
    log = await desk.city.town.log((await rows(desk))[0].id)
    assert [event.note for event in log if event.kind == "PROGRESSED"] == ["Seen"]


async def rows(desk: Desk) -> list[Case]:
    """All cases of the city."""
    tenant_id = desk.city.town.tenant_id
    async with desk.city.town.database.write(tenant_id) as session:
        return list(await session.scalars(select(Case).where(Case.tenant_id == tenant_id)))
