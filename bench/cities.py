"""The data: how large each city is, and its making, set by set inside the database, slice by slice of the year.

Onboarded cities are filled as they are; the others get a row, a root organization and no configuration: nobody signs in
there, they are the neighbors whose rows lie between those that are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import asyncpg

from bench.console import say

CITY = "huangshan"
CASES, GRIDS = 79_119, 8_886  # sources C-02, JM-05
_SHIPPED = ("daye", "hohhot", "jiamusi", "wuhan")
_HERE = Path(__file__).parent
_SLICE = 300_000  # cases made at once: what fits into memory and is worth a line of progress
_BULK = 500_000  # from so many cases on, indexes are built afterwards
_LARGE_TABLES = ("case", "case_event")

_TABLE = """
create temporary table city (
  tenant_id uuid, root_id uuid, root_path text,
  slug text primary key, cases bigint, grids integer, members integer, steps integer, subdistricts integer,
  residents integer)
"""
_NEIGHBORS = """
with born as (
  insert into tenant (id, slug, kind, status, name, time_zone, manifest_version, policy_version, created_at)
  select uuidv7(), slug, 'CITY', 'ACTIVE', jsonb_build_object('en', slug), 'Asia/Shanghai', 1, 1, now() from city
  where not exists (select from tenant t where t.slug = city.slug)
  returning id, slug)
insert into organization (tenant_id, id, code, name, labels, level, kind, rank, path, created_at)
select id, uuidv7(), slug, slug, '{}'::jsonb, 'city', 'city', 7, slug || '/', now() from born
"""
_ROOTS = """
update city set tenant_id = t.id, root_id = o.id, root_path = o.path
from tenant t join organization o on o.tenant_id = t.id and o.parent_id is null where t.slug = city.slug
"""


@dataclass(frozen=True, slots=True)
class City:
    """One city's size. steps: of a case's history at most. Communities are eight to a subdistrict."""

    slug: str
    cases: int
    grids: int = 600
    members: int = 300
    steps: int = 9
    subdistricts: int = 36
    residents: int = 0


def small() -> tuple[City, ...]:
    """Five cities, 100,000 cases; the largest is the one that is asked."""
    others = (City(slug, 5_221 if slug == "daye" else 5_220) for slug in _SHIPPED)
    return (City(CITY, CASES, GRIDS, members=4_000), *others)


def large(cases: int = 5_000_000, cities: int = 333) -> tuple[City, ...]:
    """The same largest city among so many, and so many cases in all; the others' histories end after three steps."""
    asked, *_others = small()
    slugs = (*_SHIPPED, *(f"town-{number:03}" for number in range(cities - 1 - len(_SHIPPED))))
    rest = cases - asked.cases
    share = [rest // len(slugs) + (number < rest % len(slugs)) for number in range(len(slugs))]
    return (asked, *(City(slug, count, steps=3) for slug, count in zip(slugs, share, strict=True)))


async def plant(admin: asyncpg.Connection[asyncpg.Record], cities: Sequence[City]) -> None:
    """Fill a migrated database in which at least the asked city is on board. ``admin`` is its superuser."""
    await admin.execute("set session_replication_role = replica; set work_mem = '256MB'")
    await admin.execute("set maintenance_work_mem = '512MB'")
    await admin.execute(_TABLE)
    columns = ["slug", "cases", "grids", "members", "steps", "subdistricts", "residents"]
    await admin.copy_records_to_table("city", records=[astuple(city) for city in cities], columns=columns)
    await admin.execute(_NEIGHBORS)
    await admin.execute(_ROOTS)
    await admin.execute((_HERE / "places.sql").read_text(encoding="utf-8"))
    total = sum(city.cases for city in cities)
    if total >= _BULK:
        await _indexes(admin, kept=False)
    await _slices(admin, total)
    if total >= _BULK:
        await _indexes(admin, kept=True)
    await admin.execute("set session_replication_role = origin")


async def _slices(admin: asyncpg.Connection[asyncpg.Record], total: int) -> None:
    making = (_HERE / "cases.sql").read_text(encoding="utf-8")
    parts = -(-total // _SLICE)
    await admin.execute("create temporary table slice (part integer, parts integer)")
    for part in range(parts):
        async with admin.transaction():
            await admin.execute("delete from slice")
            await admin.execute("insert into slice values ($1, $2)", part, parts)
            await admin.execute(making)
        if parts > 1:
            say(f"  {total * (part + 1) // parts:,} of {total:,} cases")


async def _indexes(admin: asyncpg.Connection[asyncpg.Record], *, kept: bool) -> None:
    """Have the large tables' indexes kept by inserts, or not; what was not kept is built again, in one go each."""
    for table in _LARGE_TABLES:
        await admin.execute(
            "update pg_index set indisready = $2, indisvalid = $2 where indrelid = $1::text::regclass",
            f'"{table}"',
            kept,
        )
        if kept:
            say(f"  building the indexes of {table}")
            await admin.execute(f'reindex table "{table}"')
