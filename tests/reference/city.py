"""A city with something of everything, held in the database and in memory: ties and nulls in every order included."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
from graphql import GraphQLField, GraphQLObjectType, get_named_type
from sqlalchemy.engine import make_url

from migrations.roles import DatabaseUrls
from server.demo import loader
from server.demo.plans import CityPlan, District
from server.main import application
from server.main import running as running_services
from server.onboarding.service import onboard_shipped
from server.search.filling import fill
from server.settings import Settings
from tenants.sessions import Database
from tests.conftest import SECRET, Template
from tests.fixtures.city import TINY, Platform, settings_of
from tests.reference import applications, executor, lists, threads
from tests.reference.asking import Asking, Place
from tests.reference.comparing import Comparison
from tests.reference.executor import Expected, Operation
from tests.reference.ids import split_id
from tests.reference.orders import ORDERS
from tests.reference.people import person
from tests.reference.rows import World, load
from tests.reference.schema import read_schema
from tests.reference.words import Words, words_of

_BUDGETS = ("cost_capacity", "cost_restore", "tenant_cost_capacity", "tenant_cost_restore")
SLUG, NEIGHBOR = "jiamusi", "daye"
PLAN = CityPlan(
    seed=5,
    districts=(District("前进区", subdistricts=2, communities=3, grids={"URBAN": 5, "RURAL": 2, "DEDICATED": 2}),),
    extra_grid_workers=5,
    posted_members=6,
    residents=36,
    volunteers=14,
    activities=9,
    cases=60,
    concluded=34,
    dropped=8,
)
# What a loaded city has too little of: ties in every order, nulls where they may be, every state.
_EDGES = """
insert into invitation (tenant_id, id, member_id, username, digest, created_at, expires_at, accepted_at, revoked_at)
 select tenant_id, md5('invited' || id::text)::uuid, id, case when right(id::text, 1) < '8' then 'zz.' || left(id::text, 8) end,
 '\\x00', date_trunc('day', created_at), created_at + interval '1 year' * (ascii(right(id::text, 1)) - 52),
 case when right(id::text, 1) in ('0', '7') then created_at end, case when right(id::text, 1) in ('9', 'd') then created_at end
 from member;
insert into linked_identity (tenant_id, id, account_id, issuer, subject, linked_at)
 select tenant_id, md5('linked' || n || id::text)::uuid, id, 'https://' || n || '.example', id::text, '2026-01-01'
 from account, generate_series(1, 3) n;
update "case" set reported_at = date_trunc('month', reported_at) where number < (select max(number) from "case");
update "case" set status = 'CLAIMED', claimant_id = handler_id
 where status = 'IN_PROGRESS' and handler_id is not null and right(id::text, 1) < '8';
update "case" set status = 'RATED', archived_at = null, strike_off_number = null
 where status = 'ARCHIVED' and rating is not null and right(id::text, 1) < '4';
update "case" set changed_at = date_trunc('year', changed_at);
update "case" set supervision = 'URGED', urged_at = changed_at, handling = 'VISITING', turn_to = 'The "other" desk'
 where right(id::text, 1) in ('2', '5', 'b');
update "case" set explained_at = reported_at, explanation_due_at = now() + interval '1 day' * (ascii(right(id::text, 1)) - 56)
 where resolved_at is null and right(id::text, 1) > '3';
update "case" c set status = 'MERGED', merged_into_id = o.id from "case" o where o.tenant_id = c.tenant_id
 and o.id = (select id from "case" p where p.tenant_id = c.tenant_id and p.id > c.id order by id limit 1)
 and c.status in ('REPORTED', 'ACCEPTED', 'TRIAGED') and right(c.id::text, 1) < 'a';
update case_event set handling = 'MEDIATING', parties_consented = 2, checked_at = at, findings = note
 where right(id::text, 1) < '3';
update "case" set containment = null, rating_comment = 'Danke — 谢谢 "quoted" \\ /' where right(id::text, 1) < '8';
update "case" set score = 1 + ascii(right(id::text, 1)) % 5, score_remark = nullif(result, ''), visited_at = changed_at,
 visit_effect = case when right(id::text, 1) < '4' then 'SOLVED' else 'NOT_SOLVED' end, visit_text = title
 where resolved_at is not null and right(id::text, 1) < 'a';
update "case" set retained_at = changed_at where status = 'ARCHIVED' and right(id::text, 1) = 'f';
insert into case_hold (tenant_id, id, case_id, reason, held_by_id, held_at, release_reason, released_by_id, released_at)
 select c.tenant_id, md5(n || 'hold' || c.id::text)::uuid, c.id, 'A "court" asks', c.handler_id, c.reported_at,
 case when n = 1 then 'over' end, case when n = 1 then c.claimant_id end, case when n = 1 then c.changed_at end
 from "case" c, generate_series(1, 2) n where right(c.id::text, 1) in ('0', '3', '6', '9');
update publication set status = 'WITHDRAWN', withdrawn_at = published_at, withdrawn_by_id = checked_by_id, reason = 'seen',
 findings = '[{"kind": "NAME", "field": "asked", "text": "欧阳"}, {"kind": "PHONE", "field": "done", "text": "1380"}]'
 where right(id::text, 1) < '7';
update published_case p set title = null, asked = null, done = null, place = null, withdrawn_at = p.published_at
 from publication d where d.tenant_id = p.tenant_id and d.copy_id = p.id and d.status = 'WITHDRAWN';
update "case" set bundle_id = md5(category)::uuid where right(id::text, 1) in ('1', '4', '7', 'a', 'd');
insert into case_task (tenant_id, id, case_id, organization_id, path, asked, status, shares, result, assigned_by_id,
 assigned_at, closed_by_id, closed_at)
 select c.tenant_id, o.mark, c.id, o.id, o.path, 'Look "here"', s.status, s.status <> 'CANCELED' and c.archived_at is null,
 case when s.status <> 'OPEN' then 'seen' end, c.handler_id, date_trunc('month', c.reported_at),
 case when s.status = 'DONE' then c.claimant_id end, case when s.status <> 'OPEN' then c.changed_at end
 from "case" c cross join lateral (select o.*, md5(o.id::text || c.id::text)::uuid mark from organization o
  where o.tenant_id = c.tenant_id order by mark limit 2) o
 cross join lateral (select case when right(o.mark::text, 1) < '8' then 'OPEN' when right(o.mark::text, 1) < 'd' then 'DONE'
  else 'CANCELED' end status) s where right(c.id::text, 1) < 'a';
insert into deadline_run (tenant_id, id, manifest_version, open_cases, looked_at, moved, asked_at, finished_at)
 select t.id, md5(n || t.id::text)::uuid, n, 10 * n, 10 * n, n, '2026-01-01', case when n = 1 then now() end
 from tenant t, generate_series(1, 3) n;
update case_event set change = change || '{"told": ["grid_chief", "dispatcher"]}' where right(id::text, 1) > '7';
insert into case_allegation (tenant_id, id, case_id, number, text, answer, answered_by_id, answered_at)
 select c.tenant_id, md5(n || c.id::text)::uuid, c.id, n, c.title, case when n < 3 then 'so' end,
 case when n = 1 then c.handler_id end, case when n = 1 then c.resolved_at end
 from "case" c, generate_series(1, 3) n where right(c.id::text, 1) > '5';
update "case" set queue_id = o.id, queue_path = o.path from organization o where o.tenant_id = "case".tenant_id
 and o.rank = 5 and right("case".id::text, 1) = any (array['0', '4', '8', 'c']);
update "case" set source = 'CHAT', channel = 'wechat', answers = '{"shop": "Nudeln — 面"}' where right(id::text, 1) < '5';
update "case" set origin = 'PROACTIVE_VISIT', anonymous = reporter_id is null where right(id::text, 1) > 'a';
update grid set name = 'Twin', households = 7, valid_to = '2030-01-01' where right(code, 1) in ('1', '2', '3');
update grid set chief_id = (select id from member m where m.tenant_id = grid.tenant_id order by id limit 1)
 where right(code, 1) in ('2', '4');
update member set name = 'Namesake' where right(id::text, 1) < '8';
update member set phone = '+86 000' where right(id::text, 1) < 'c';
update organization set name = 'Same name' where rank = 4;
update resident set phone = '', name = 'Namesake' where right(id::text, 1) < '6';
update appointment set ended_at = now() - interval '1 day' where role = 'part_time_worker';
update posting set home_unit = null where right(id::text, 1) < '6';
update volunteer set registered_at = date_trunc('year', registered_at), stars = 1 where right(id::text, 1) < 'a';
update volunteer set skills = '{"words": ["first aid", "修理"]}' where right(id::text, 1) < '5';
update activity set status = 'CANCELED' where right(id::text, 1) < '4';
update activity set capacity = signed_up where signed_up > 0 and right(id::text, 1) > 'b';
update activity_sign_up set at = date_trunc('month', at);
update hour_entry set status = 'ENTERED', decided_at = null, verified_by_id = null where right(id::text, 1) < '4';
update hour_entry set status = 'REFUSED' where right(id::text, 1) > 'c';
update hour_entry set note = 'line' || chr(10) || 'two', served_on = date_trunc('month', served_on)
 where right(id::text, 1) > '7';
"""


@dataclass(slots=True, repr=False)
class City:
    """The city behind the real application, and beside it the reference over its rows."""

    runner: asyncio.Runner
    platform: Platform
    http: httpx.AsyncClient
    world: World
    neighbor: World
    cursors: dict[str, list[Place]] = field(default_factory=dict)
    comparison: Comparison = field(default_factory=Comparison)

    def product(self, username: str, operation: Operation) -> dict[str, Any]:
        """The body that the application answers with."""
        return self.runner.run(self._post(username, operation))

    def expected(self, username: str, operation: Operation, now: datetime) -> Expected:
        """What the reference answers at a moment."""
        me = person(self.world, username, now)
        return executor.answer(Asking(self.world, me, now, self.cursors), operation)

    def compare(self, username: str, operation: Operation) -> tuple[dict[str, Any], str | None]:
        """The product's answer, and how it differs from the reference's; either's moment will do."""
        before = datetime.now(UTC)
        body = self.product(username, operation)
        difference = self.comparison.difference(body, self.expected(username, operation, before))
        if difference is not None:
            difference = self.comparison.difference(body, self.expected(username, operation, datetime.now(UTC)))
        return body, difference

    async def _post(self, username: str, operation: Operation) -> dict[str, Any]:
        request = {"query": operation.document, "variables": operation.variables, "operationName": operation.name}
        headers = {"authorization": f"Bearer {await self.platform.sign_in(SLUG, username)}"}
        response = await self.http.post("/graphql", json=request, headers=headers)
        body: dict[str, Any] = response.json()
        return body

    def words(self, username: str) -> Words:
        """What an account can ask with."""
        now = datetime.now(UTC)
        return words_of(Asking(self.world, person(self.world, username, now), now, self.cursors), self.neighbor)

    def learn_cursors(self) -> None:
        """Note what the product's cursors stand for, as somebody sees them who sees everything."""
        query_type = read_schema().query_type
        assert query_type is not None
        ways: list[tuple[GraphQLObjectType, tuple[str, ...]]] = [(query_type, ())]
        known = {query_type.name}
        for type_, way in ways:  # which grows: the shortest way to each type comes first
            for name, definition in type_.fields.items():
                if "first" in definition.args:
                    self._learn(f"{type_.name}.{name}", definition, _path((*way, f"{name}@")))
                    rows, step = _rows(definition), f"{name}*"
                else:
                    rows, step = get_named_type(definition.type), name
                    if way == () or not isinstance(rows, GraphQLObjectType) or rows.interfaces:
                        continue  # what is no part of a row
                if rows.name not in known:
                    known.add(rows.name)
                    ways.append((rows, (*way, step)))

    def _learn(self, coordinate: str, definition: GraphQLField, path: str) -> None:
        orders: list[str | None] = [*ORDERS.get(_rows(definition).name, {None: None})]
        for order in orders:
            given = "first: 30" if order is None else f"first: 30, orderBy: {order}"
            query = path.replace("@", f"({given}) {{ edges {{ cursor node {{ id }} }} }}")
            for cursor, id_ in _edges(self.product("tenant_admin", Operation(query, {}))["data"]):
                split = split_id(id_)
                assert split is not None
                self.cursors.setdefault(cursor, []).append(Place(coordinate, order, split[1]))


def _path(way: tuple[str, ...]) -> str:
    """A query along fields; those with ``*`` are pages, the smaller the more there are."""
    sizes = iter({0: (), 1: (60,), 2: (10, 6), 3: (9, 3, 2)}[sum(step.endswith("*") for step in way)])
    steps = [f"{step[:-1]}(first: {next(sizes)}) {{ nodes" if step.endswith("*") else step for step in way]
    return f"{{ {' { '.join(steps)}{' }' * (len(way) - 1 + sum(step.endswith('*') for step in way))} }}"


def _rows(connection: GraphQLField) -> GraphQLObjectType:
    """The type that a connection lists."""
    type_ = read_schema().type_map[get_named_type(connection.type).name.removesuffix("Connection")]
    assert isinstance(type_, GraphQLObjectType)
    return type_


def _edges(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _edges(item)
    elif isinstance(value, dict) and "cursor" in value:
        yield value["cursor"], value["node"]["id"]
    elif isinstance(value, dict):
        for item in value.values():
            yield from _edges(item)


@contextmanager
def standing(migrated: Template, redis_url: str) -> Iterator[City]:
    """Build the city, serve it, read it; everything is gone afterwards."""
    with asyncio.Runner() as runner:
        name = runner.run(migrated.clone())
        try:
            runner.run(_fill(migrated, name, redis_url))
            url = make_url(migrated.admin_url).set(database=name).render_as_string(hide_password=False)
            services = running_services(plenty(migrated.urls(name), redis_url))
            running = runner.run(services.__aenter__())
            try:
                client = httpx.AsyncClient(
                    transport=httpx.ASGITransport(application(running)), base_url="http://civicgrid.test"
                )
                world, neighbor = runner.run(load(url, SLUG)), runner.run(load(url, NEIGHBOR))
                city = City(runner, Platform(running, migrated.urls(name)), client, world, neighbor)
                city.learn_cursors()
                yield city
                runner.run(client.aclose())
            finally:
                runner.run(services.__aexit__(None, None, None))
        finally:
            runner.run(migrated.administer(f'drop database "{name}" with (force)'))


def plenty(urls: DatabaseUrls, redis_url: str) -> Settings:
    """Budgets that nobody exhausts, for what is asked here costs more than any client has; and tokens for long runs."""
    plenty = {**dict.fromkeys(_BUDGETS, 10**9), "access_token_minutes": 1440}
    return settings_of(urls, redis_url).model_copy(update=plenty)


async def _fill(migrated: Template, name: str, redis_url: str) -> None:
    urls = migrated.urls(name)
    await onboard_shipped(settings_of(urls, redis_url), lambda _line: None)
    database = await Database.connect(urls.app, read_pool_size=1, write_pool_size=3)
    try:
        cities = {SLUG: PLAN, NEIGHBOR: TINY[NEIGHBOR]}
        await loader.load_cities(database, SECRET, cities, lambda _line: None)
    finally:
        await database.close()
    url = make_url(migrated.admin_url).set(database=name).render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_EDGES)
        await connection.execute(lists.ROWS)
        await connection.execute(threads.ROWS)
        await connection.execute(applications.ROWS)
        await _make_searchable(urls, connection)
        await connection.execute("analyze")
    finally:
        await connection.close()


async def _make_searchable(urls: DatabaseUrls, superuser: asyncpg.Connection[Any]) -> None:
    """Write the search terms anew: names were changed past the services."""
    await superuser.execute("delete from search_term")
    database = await Database.connect(urls.app, read_pool_size=1, write_pool_size=1)
    try:
        for tenant_id in [row["id"] for row in await superuser.fetch("select id from tenant")]:
            async with database.write(tenant_id) as session:
                connection = await session.connection()
                await connection.run_sync(fill, tenant_id)
    finally:
        await database.close()
