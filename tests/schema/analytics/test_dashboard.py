"""Dashboards: what is counted, that parents are sums, who may see them, and how small health counts are withheld."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import orjson
import pytest
import strawberry

from migrations.roles import DatabaseUrls
from schema.analytics.queries import AnalyticsQueries
from schema.context import Context, Services
from schema.documents.limits import LIMITS
from schema.documents.memory import Documents
from schema.planner.reads import Reads
from schema.planner.splice import SplicingExecutor
from server.analytics.models import MetricDay
from server.analytics.rules import percentage
from server.health_checks.models import HealthRecord
from server.residents.models import Resident
from tenants.context import Actor, Reach, signature_of
from tenants.ids import public_id, uuid7
from tenants.permissions import Permission
from tenants.sessions import Database
from tests.fixtures.counted_city import START, CountedCity, fill, found_city, health_check

FIGURES = """
  casesReported casesAccepted casesConcluded casesOverdue completionRateOfReported completionRateOfAccepted
  grids gridsByKind { kind count } volunteers volunteerMinutes volunteerHours healthChecks { value suppressed }
"""
DASHBOARD = f"""
query Figures($scope: ID, $period: Period!) {{
  dashboard(scope: $scope, period: $period) {{
    {FIGURES}
    freshAt
    organization {{ name }}
    own {{ {FIGURES} }}
    byChild {{ {FIGURES} organization {{ id path }} }}
  }}
}}
"""
ALWAYS = {"from": "2026-01-01", "to": "2030-12-31"}
COUNTS = (
    "casesReported",
    "casesAccepted",
    "casesConcluded",
    "casesOverdue",
    "grids",
    "volunteers",
    "volunteerMinutes",
)
Ask = Callable[..., Awaitable[Any]]
EVERYWHERE = Reach(tenant=True)
SCHEMA = strawberry.Schema(query=AnalyticsQueries, execution_context_class=SplicingExecutor)
DOCUMENTS = Documents(SCHEMA._schema)


@pytest.fixture
async def city(db_urls: DatabaseUrls, database: Database) -> CountedCity:
    return await found_city(db_urls, database)


@pytest.fixture
def reads(database: Database) -> Reads:
    return Reads(database)


@pytest.fixture
def ask(city: CountedCity, reads: Reads) -> Ask:
    """Ask as an analyst of the whole city, or as somebody with another reach; returns data and error codes."""
    services = Services(**(dict.fromkeys(Services.__slots__, cast("Any", None)) | {"reads": reads}))

    async def run(reach: Reach | None = EVERYWHERE, query: str = DASHBOARD, **variables: Any) -> Any:
        access = {Permission.ORGANIZATION_READ: Reach(tenant=True)}
        if reach is not None:
            access[Permission.DASHBOARD_READ] = reach
        actor = Actor(tenant_id=city.id, access=access, signature=signature_of(access))
        checked = DOCUMENTS.check(query, LIMITS["standard"])
        context = Context(services=services, actor=actor, request_id="test", checked=checked)
        given = {"period": ALWAYS} | variables
        result = await SCHEMA.execute(query, variable_values=given, context_value=context)
        codes = [(error.extensions or {}).get("code", error.message) for error in result.errors or ()]
        data = result.data and result.data["dashboard"]
        return orjson.loads(orjson.dumps(data)), codes  # fragments of finished JSON, as a client gets them

    return run


def org(city: CountedCity, path: str) -> str:
    return public_id("org", city.organizations[path])


def total(city: CountedCity, path: str, metric: str) -> int:
    """A subtree's figure, recounted."""
    return sum(value for key, value in city.recount().items() if key[0].startswith(path) and key[2].startswith(metric))


async def test_a_dashboard_shows_the_recounted_figures_of_the_subtree(city: CountedCity, ask: Ask) -> None:
    await fill(city, 21)
    await city.roll_up()
    for path in ("city/", "city/a/", "city/b/c2/"):
        found, codes = await ask(scope=org(city, path))
        assert codes == []
        assert {name: found[name] for name in COUNTS} == {
            "casesReported": total(city, path, "cases_reported"),
            "casesAccepted": total(city, path, "cases_accepted"),
            "casesConcluded": total(city, path, "cases_concluded"),
            "casesOverdue": total(city, path, "cases_overdue"),
            "grids": total(city, path, "grids:"),
            "volunteers": total(city, path, "volunteers"),
            "volunteerMinutes": total(city, path, "volunteer_minutes"),
        }
        kinds = {kind: total(city, path, f"grids:{kind}") for kind in ("GENERAL", "RURAL", "URBAN")}
        assert found["gridsByKind"] == [{"kind": kind, "count": count} for kind, count in kinds.items() if count]
        rate = percentage(found["casesConcluded"], found["casesReported"])
        assert found["completionRateOfReported"] == (None if rate is None else str(rate))
        rate = percentage(found["casesConcluded"], found["casesAccepted"])
        assert found["completionRateOfAccepted"] == (None if rate is None else str(rate))
        assert Decimal(found["volunteerHours"]) == (Decimal(found["volunteerMinutes"]) / 60).quantize(Decimal("0.01"))


async def test_a_parent_is_the_sum_of_its_children_and_its_own(city: CountedCity, ask: Ask) -> None:
    await fill(city, 22)
    await city.roll_up()
    for path, children in (("city/", 2), ("city/a/", 3), ("city/a/c1/", 0)):
        found, _codes = await ask(scope=org(city, path))
        assert len(found["byChild"]) == children
        for name in COUNTS:
            assert found[name] == found["own"][name] + sum(child[name] for child in found["byChild"]), (path, name)


async def test_a_child_in_the_breakdown_shows_what_its_own_dashboard_shows(city: CountedCity, ask: Ask) -> None:
    await fill(city, 23)
    await city.roll_up()
    found, _codes = await ask(scope=org(city, "city/b/"))
    assert [child["organization"]["path"] for child in found["byChild"]] == [
        f"city/b/c{number}/" for number in range(3)
    ]
    for child in found["byChild"]:
        alone, _codes = await ask(scope=child["organization"]["id"])
        assert child == {name: alone[name] for name in child if name != "organization"} | {
            "organization": child["organization"],
        }


async def test_without_a_scope_the_city_is_meant_and_the_stamp_is_told(city: CountedCity, ask: Ask) -> None:
    await fill(city, 24, cases=3)
    never, _codes = await ask()
    assert (never["freshAt"], never["casesReported"]) == (None, 0)
    await city.roll_up()
    found, _codes = await ask()
    assert found["organization"] == {"name": "Place city"}
    assert found["casesReported"] == 3
    assert found["freshAt"] is not None


async def test_flows_count_within_the_period_and_stocks_up_to_its_end(city: CountedCity, ask: Ask) -> None:
    day = START.date()
    await city.add(city.grid("city/a/", "URBAN", day, day + timedelta(days=9)), city.grid("city/a/", "RURAL", day))
    await city.add(city.case(city.grids[0], START), city.case(city.grids[0], START + timedelta(days=9)))
    await city.roll_up()

    async def within(first: int, last: int) -> tuple[int, int]:
        period = {"from": str(day + timedelta(days=first)), "to": str(day + timedelta(days=last))}
        found, codes = await ask(period=period)
        assert codes == []
        return found["casesReported"], found["grids"]

    assert await within(0, 0) == (1, 2)
    assert await within(1, 8) == (0, 2)
    assert await within(1, 9) == (1, 2)
    assert await within(10, 20) == (0, 1)
    assert await within(-5, -1) == (0, 0)


async def test_the_completion_rate_of_anqing_is_rounded_half_up(city: CountedCity, ask: Ask) -> None:
    """C-03: 2,168 of 2,195 is 98.77, where truncation would print 98.76; C-02: 78,195 of 79,119 is 98.83."""
    await city.add(city.grid("city/a/", "URBAN", START.date()))
    await city.roll_up()
    await put_figures(city, "city/a/", {"cases_reported": 79_119, "cases_concluded": 78_195})
    await put_figures(city, "city/b/", {"cases_reported": 4_000, "cases_accepted": 2_195, "cases_concluded": 2_168})
    tunxi, _codes = await ask(scope=org(city, "city/a/"))
    assert (tunxi["completionRateOfReported"], tunxi["completionRateOfAccepted"]) == ("98.83", None)
    anqing, _codes = await ask(scope=org(city, "city/b/"))
    assert (anqing["completionRateOfReported"], anqing["completionRateOfAccepted"]) == ("54.20", "98.77")


async def put_figures(city: CountedCity, path: str, values: dict[str, int]) -> None:
    await city.add(
        *(
            MetricDay(
                tenant_id=city.id,
                organization_id=city.organizations[path],
                day=START.date(),
                metric=metric,
                path=path,
                value=value,
                rolled_up_at=START,
            )
            for metric, value in values.items()
        ),
    )


@pytest.mark.parametrize(("checks", "shown"), [(0, None), (9, None), (10, 10), (19, 10), (20, 20)])
async def test_fewer_than_ten_health_checks_are_withheld(
    city: CountedCity,
    ask: Ask,
    checks: int,
    shown: int | None,
) -> None:
    await city.add(city.grid("city/a/c0/", "URBAN", START.date()))
    record = await resident_with_record(city)
    await city.add(*(health_check(city, record, START.date()) for _check in range(checks)))
    await city.roll_up()
    found, _codes = await ask(scope=org(city, "city/a/"))
    assert found["healthChecks"] == {"value": shown, "suppressed": shown is None}
    assert found["own"]["healthChecks"] == {"value": None, "suppressed": True}
    assert found["byChild"][0]["healthChecks"] == {"value": shown, "suppressed": shown is None}
    for days in (("2020-01-02", "2029-12-31"), ("2020-01-01", "2029-12-30")):  # not whole months
        withheld, _codes = await ask(scope=org(city, "city/a/"), period=dict(zip(("from", "to"), days, strict=True)))
        assert withheld["healthChecks"] == {"value": None, "suppressed": True}


async def resident_with_record(city: CountedCity) -> HealthRecord:
    grid = city.grids[0]
    resident = Resident(
        tenant_id=city.id,
        id=uuid7(),
        grid_id=grid.id,
        path=grid.path,
        name="Invented",
        sex="MALE",
        birth_date=date(1950, 1, 1),
    )
    record = HealthRecord(
        tenant_id=city.id,
        id=uuid7(),
        resident_id=resident.id,
        consent_purpose="checks",
        consented_on=START.date(),
    )
    await city.add(resident, record)
    return record


async def test_a_viewer_without_the_permission_gets_null_and_is_told(city: CountedCity, ask: Ask) -> None:
    await fill(city, 25, cases=3)
    await city.roll_up()
    assert await ask(None) == (None, ["FORBIDDEN"])


async def test_a_scope_out_of_reach_does_not_exist(city: CountedCity, ask: Ask) -> None:
    await fill(city, 26)
    await city.roll_up()
    secretary = Reach(paths=("city/a/",))
    assert await ask(secretary, scope=org(city, "city/")) == (None, [])
    assert await ask(secretary, scope=org(city, "city/b/")) == (None, [])
    inside, codes = await ask(secretary, scope=org(city, "city/a/c1/"))
    assert (inside["casesReported"], codes) == (total(city, "city/a/c1/", "cases_reported"), [])
    top, _codes = await ask(secretary)
    assert top["casesReported"] == total(city, "city/a/", "cases_reported")


async def test_a_reach_of_single_grids_has_no_dashboard(city: CountedCity, ask: Ask) -> None:
    await fill(city, 27, cases=3)
    await city.roll_up()
    assert await ask(Reach(grids=(city.grids[0].id,))) == (None, [])


async def test_another_citys_organization_does_not_exist(
    city: CountedCity,
    ask: Ask,
    db_urls: DatabaseUrls,
    database: Database,
) -> None:
    neighbor = await found_city(db_urls, database, "zz-neighbor")
    await fill(neighbor, 28, cases=5)
    await neighbor.roll_up()
    await city.roll_up()
    assert await ask(scope=org(neighbor, "city/")) == (None, [])
    mine, _codes = await ask()
    assert mine["casesReported"] == 0


@pytest.mark.parametrize(
    "period",
    [{"from": "2026-01-02", "to": "2026-01-01"}, {"from": "2000-01-01", "to": "2026-01-01"}],
)
async def test_a_period_that_is_none_is_refused(ask: Ask, period: dict[str, str]) -> None:
    assert await ask(period=period) == (None, ["BAD_USER_INPUT"])


async def test_an_id_of_something_else_is_refused(ask: Ask) -> None:
    assert await ask(scope=public_id("grid", UUID(int=1))) == (None, ["BAD_USER_INPUT"])


async def test_a_dashboard_is_one_plan_whatever_its_period_and_scope(
    city: CountedCity,
    ask: Ask,
    reads: Reads,
) -> None:
    await ask(scope=org(city, "city/a/"))
    await ask(scope=org(city, "city/b/"), period={"from": "2026-02-01", "to": "2026-02-03"})
    assert len(reads) == 1


async def test_aliases_and_typenames_are_answered(city: CountedCity, ask: Ask) -> None:
    await city.add(city.grid("city/a/", "URBAN", START.date()))
    await city.roll_up()
    query = """query ($period: Period!) { dashboard(period: $period) {
      __typename kinds: gridsByKind { __typename code: kind count } checks: healthChecks { __typename held: suppressed }
      own { __typename } parts: byChild { __typename place: organization { __typename name } id: grids } } }"""
    found, codes = await ask(query=query)
    assert codes == []
    assert found == {
        "__typename": "Dashboard",
        "kinds": [{"__typename": "GridKindCount", "code": "URBAN", "count": 1}],
        "checks": {"__typename": "SmallCount", "held": True},
        "own": {"__typename": "Figures"},
        "parts": [
            {"__typename": "ChildFigures", "place": {"__typename": "Organization", "name": "Place a"}, "id": 1},
            {"__typename": "ChildFigures", "place": {"__typename": "Organization", "name": "Place b"}, "id": 0},
        ],
    }
