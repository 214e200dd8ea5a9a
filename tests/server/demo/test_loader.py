"""The small load of the five cities on a fresh database: its counts, its histories, its accounts, its second run."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

import asyncpg
import orjson
import pytest
from sqlalchemy.engine import make_url

from migrations.roles import DatabaseUrls
from server.cases import jobs
from server.cases.events import facts_of
from server.cases.models import Case
from server.cases.replay import replay
from server.demo import loader
from server.demo.accounts import DemoAccount
from server.health_checks import rules
from server.health_checks.service.findings import unseal_all
from server.main import running
from server.onboarding.service import onboard_shipped
from server.settings import Settings
from tenants.context import system_actor
from tenants.manifest import shipped
from tests.conftest import Template
from tests.fixtures.city import settings_of

pytestmark = pytest.mark.timeout(300)

COUNTED = (
    "organization",
    "grid",
    "member",
    "appointment",
    "posting",
    "grid_assignment",
    "resident",
    "account",
    "volunteer",
    "activity",
    "activity_sign_up",
    "hour_entry",
    "health_record",
    "health_check",
    "case",
    "case_event",
    "due_work",
    "event",
    "audit_entry",
    "tenant_counter",
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A platform with the small load. admin: a login above row security, to count with."""

    settings: Settings
    admin: asyncpg.Connection[asyncpg.Record]
    accounts: list[DemoAccount]

    async def count(self, slug: str, table: str, where: str = "true") -> int:
        query = f'select count(*) from "{table}" r join tenant t on t.id = r.tenant_id where t.slug = $1 and {where}'  # noqa: S608
        found: int = await self.admin.fetchval(query, slug)
        return found

    async def totals(self) -> dict[str, int]:
        return {table: await self.admin.fetchval(f'select count(*) from "{table}"') for table in COUNTED}  # noqa: S608


@pytest.fixture(scope="module")
async def small(migrated: Template, redis_url: str) -> AsyncIterator[Loaded]:
    """One database for the whole module: the tests only look at it, or load it once more."""
    name = await migrated.clone()
    urls: DatabaseUrls = migrated.urls(name)
    settings = settings_of(urls, redis_url)
    await onboard_shipped(settings, lambda _line: None)
    accounts = await loader.load(settings, lambda _line: None)
    address = make_url(migrated.admin_url).set(database=name).render_as_string(hide_password=False)
    admin = await asyncpg.connect(address)
    yield Loaded(settings, admin, accounts)
    await admin.close()
    await migrated.administer(f'drop database "{name}" with (force)')


async def test_daye_is_a_miniature_of_the_reported_city(small: Loaded) -> None:
    for role, number in (("first_secretary", 39), ("police", 39), ("posted_member", 300)):
        assert await small.count("daye", "appointment", f"role = '{role}'") == number
    assert await small.count("daye", "organization", "r.kind = 'community_org'") == 39
    assert await small.count("daye", "organization", "r.kind = 'volunteer_organization'") == 94
    assert await small.count("daye", "posting") == 300
    assert await small.count("daye", "volunteer") == 1_421
    assert await small.count("daye", "activity") == 60
    assert await small.count("daye", "health_check") == await small.count("daye", "health_record") == 200


async def test_posted_members_served_13_2_hours_on_average(small: Loaded) -> None:
    minutes = await small.admin.fetchval(
        "select sum(minutes) from hour_entry h join tenant t on t.id = h.tenant_id "
        "where slug = 'daye' and h.status = 'VERIFIED'"
    )
    assert minutes / 60 / 300 == 13.2
    differing = await small.admin.fetchval(
        "select count(*) from volunteer v where verified_minutes <> coalesce((select sum(minutes) from hour_entry h "
        "where h.tenant_id = v.tenant_id and h.volunteer_id = v.id and h.status = 'VERIFIED'), 0)",
    )
    assert differing == 0
    assert await small.count("daye", "volunteer", "stars > 0") == 3
    assert await small.count("daye", "hour_entry", "minutes < 120 and r.status = 'VERIFIED'") > 0


async def test_huangshan_keeps_lists_with_every_kind_of_gap(small: Loaded) -> None:
    """HS-05: five problems to a grid, one at each stage."""
    assert await small.admin.fetchval("select count(*) from list_problem") == 26
    assert await small.count("huangshan", "list_problem", "measures = 0") == 6
    for gap in ("unowned = 1", "pending = 1 and next_due_on > now()", "pending = 1 and next_due_on < now()"):
        assert await small.count("huangshan", "list_problem", gap) == 5
    assert await small.count("huangshan", "list_problem", "closed_at is not null") == 5
    assert await small.count("huangshan", "list_measure") == 20
    assert await small.count("huangshan", "list_responsibility", "done") == await small.count(
        "huangshan", "list_result"
    )
    versions = await small.admin.fetchval(
        "select bool_and(version = (select max(e.version) from list_event e where e.problem_id = p.id)) from list_problem p"
    )
    assert versions is True


async def test_jiamusi_has_three_kinds_of_grids_in_proportion(small: Loaded) -> None:
    kinds = {"URBAN": 42, "RURAL": 40, "DEDICATED": 7}
    assert {kind: await small.count("jiamusi", "grid", f"r.kind = '{kind}'") for kind in kinds} == kinds
    assert await small.count("jiamusi", "grid_assignment") == 89 + 289


async def test_cases_are_in_all_states_and_as_many_as_planned(small: Loaded) -> None:
    assert await small.admin.fetchval('select count(*) from "case"') == 2_000
    assert await small.count("huangshan", "case", "resolved_at is not null") == 782
    assert await small.admin.fetchval('select count(distinct status) from "case"') == 12


async def test_every_case_is_what_its_events_replay_to(small: Loaded) -> None:
    rows = await small.admin.fetch("select * from case_event order by tenant_id, case_id, seq")
    logs: dict[tuple[object, object], list[asyncpg.Record]] = {}
    for row in rows:
        logs.setdefault((row["tenant_id"], row["case_id"]), []).append(row)
    columns = (
        "status",
        "severity",
        "category",
        "level",
        "organization_id",
        "claimant_id",
        "handler_id",
        "reporter_id",
        "reported_at",
        "accepted_at",
        "overdue_at",
        "resolved_at",
        "feedback_at",
        "archived_at",
        "rating",
        "reopen_count",
        "version",
    )
    for case in await small.admin.fetch('select * from "case"'):
        log = logs[case["tenant_id"], case["id"]]
        facts = replay(
            facts_of(
                kind=row["kind"],
                version=row["version"],
                at=row["at"],
                to_status=row["to_status"],
                level=row["level"],
                change=orjson.loads(row["change"]),
            )
            for row in log
        )
        assert {name: getattr(facts, name) for name in columns} == {name: case[name] for name in columns}
        assert [row["from_status"] for row in log[1:]] == [row["to_status"] for row in log[:-1]]


async def test_the_log_has_no_gap_and_agrees_with_its_counter(small: Loaded) -> None:
    rows = await small.admin.fetch(
        "select c.last, (select count(*) from event e where e.tenant_id = c.tenant_id) as events, "
        "(select max(seq) from event e where e.tenant_id = c.tenant_id) as newest from tenant_counter c "
        "where c.name = 'event'",
    )
    assert len(rows) == 6
    assert all(row["last"] == row["events"] == row["newest"] for row in rows)
    strangers = await small.admin.fetchval(
        "select count(*) from case_event c where not exists (select 1 from event e where e.tenant_id = c.tenant_id "
        "and e.seq = c.seq and e.subject_id = c.case_id and e.at = c.at)",
    )
    assert strangers == 0


async def test_numbers_of_cases_agree_with_their_counters(small: Loaded) -> None:
    for slug in shipped.CITIES:
        assert await small.count(slug, "tenant_counter", "r.name = 'demo'") == 1
        for counter, where in (("case", "true"), ("strike_off", "strike_off_number is not null")):
            last = await small.admin.fetchval(
                "select last from tenant_counter c join tenant t on t.id = c.tenant_id where slug = $1 and c.name = $2",
                slug,
                counter,
            )
            assert last == await small.count(slug, "case", where)


async def test_late_cases_wait_for_the_worker_or_were_escalated(small: Loaded) -> None:
    for slug in shipped.CITIES:
        assert await small.count(slug, "due_work", "done_at is null and due_at < now()") >= 1
        assert await small.count(slug, "case", "overdue_at is not null and r.level <> 'grid'") >= 1
        without = "resolved_at is null and due_at > now() and r.status not in ('REJECTED', 'WITHDRAWN') and not exists "
        without += "(select 1 from due_work w where w.tenant_id = r.tenant_id and w.subject_id = r.id)"
        assert await small.count(slug, "case", without) == 0


async def test_the_worker_takes_a_late_case_one_level_up(small: Loaded) -> None:
    work = await small.admin.fetchrow(
        "select w.* from due_work w join tenant t on t.id = w.tenant_id where slug = 'jiamusi' and w.done_at is null "
        "order by w.due_at limit 1",
    )
    assert work is not None
    async with running(small.settings) as services:
        await services.registry.manifest(work["tenant_id"])
        async with services.database.write(work["tenant_id"]) as session:
            actor = system_actor(work["tenant_id"], name="test")
            await jobs.handle(session, work_id=work["id"], actor=actor, registry=services.registry)
            case = await session.get_one(Case, (work["tenant_id"], work["subject_id"]))
            assert (case.level, case.overdue_at is not None) == ("community", True)
            await session.rollback()


async def test_checks_were_due_and_open_under_the_key_of_the_city(small: Loaded) -> None:
    rows = await small.admin.fetch(
        "select c.*, sex, birth_date, consented_on from health_check c join resident r on r.tenant_id = c.tenant_id "
        "and r.id = c.resident_id join health_record h on h.tenant_id = c.tenant_id and h.id = c.record_id",
    )
    policy = rules.HealthCheckPolicy(
        date(2020, 1, 1),
        (rules.AgeRule(rules.Sex.MALE, 60, 64), rules.AgeRule(rules.Sex.FEMALE, 55, 64)),
    )
    for row in rows:
        assert row["consented_on"] <= row["checked_on"]
        assert rules.eligibility(policy, rules.Sex(row["sex"]), row["birth_date"], row["checked_on"], None).eligible
    values = [(base64.b64encode(row["findings"]), row["key_version"], str(row["id"])) for row in rows]
    async with running(small.settings) as services:
        opened = await unseal_all(services.keyring, values, tenant_id=rows[0]["tenant_id"])
    assert {frozenset(findings) for findings in opened} == {
        frozenset({"systolic", "diastolic", "fastingGlucose", "advice"})
    }


async def test_there_are_accounts_for_every_duty_and_they_sign_in(small: Loaded) -> None:
    names = {(account.tenant, account.role) for account in small.accounts}
    leaders = {"daye": "first_secretary"}
    wanted = {(shipped.PLATFORM, "platform_operator")}
    for slug in shipped.CITIES:
        duties = ("tenant_admin", "resident", "grid_worker", "posted_member", "health_worker", "analyst")
        wanted |= {(slug, role) for role in (*duties, leaders.get(slug, "dispatcher"))}
    assert wanted <= names
    async with running(small.settings) as services:
        for account in small.accounts[:20]:  # the operator and Daye; the others differ in nothing
            signed_in = await services.accounts.sign_in(
                tenant_slug=account.tenant,
                username=account.username,
                password=account.password,
                request_id="test",
            )
            actor = await services.accounts.authenticate(signed_in.access_token, request_id="test")
            assert account.role in actor.roles


async def test_a_second_load_changes_nothing(small: Loaded) -> None:
    before = await small.totals()
    assert await loader.load(small.settings, lambda _line: None) == small.accounts
    assert await small.totals() == before
