"""The four lists of the grids: rows for the city, and what their fields and filters mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.reference.rows import Row, World

if TYPE_CHECKING:
    from tests.reference.asking import Asking
    from tests.reference.people import Person

# Three problems to a grid: nothing planned, nobody responsible for one of two measures, and all done or late.
ROWS = """
insert into list_problem (tenant_id, id, grid_id, path, category, case_id, text, measures, unowned, pending, changed_at, version,
 added_by_id, added_at, closed_at)
 select g.tenant_id, md5('problem' || n || g.id::text)::uuid, g.id, g.path, case when n = 2 then 'SAFETY' else 'HEALTH' end,
 (select c.id from "case" c where c.tenant_id = g.tenant_id and c.grid_id = g.id order by md5(n || c.id::text) limit 1),
 'Problem "' || n || '"', 0, 0, 0, now(), 1, g.chief_id, date_trunc('month', now()) - (n % 2) * interval '1 month',
 case when n = 3 and right(g.code, 1) in ('1', '3', '5') then now() end
 from grid g, generate_series(1, 3) n;
insert into list_measure (tenant_id, id, problem_id, grid_id, path, text, owned, version, added_by_id, added_at)
 select p.tenant_id, md5('measure' || n || p.id::text)::uuid, p.id, p.grid_id, p.path, 'Measure ' || n, false, n, p.added_by_id,
 p.added_at from list_problem p, generate_series(1, 2) n where p.text <> 'Problem "1"';
insert into list_responsibility (tenant_id, id, problem_id, measure_id, grid_id, path, member_id, organization_id, owner_path, due_on,
 done, version, added_by_id, added_at)
 select m.tenant_id, md5('responsibility' || n || m.id::text)::uuid, m.problem_id, m.id, m.grid_id, m.path,
 case when n = 1 then (select o.id from member o where o.tenant_id = m.tenant_id order by md5(o.id::text || m.id::text) limit 1) end,
 case when n = 2 then o.id end, case when n = 2 then o.path end, current_date + ascii(right(m.id::text, 1)) % 7 - 3,
 p.closed_at is not null or right(m.id::text, 1) < '5', 1, m.added_by_id, m.added_at
 from list_measure m join list_problem p on p.tenant_id = m.tenant_id and p.id = m.problem_id
 cross join lateral (select o.* from organization o where o.tenant_id = m.tenant_id order by md5(o.id::text || m.id::text) limit 1) o
 cross join generate_series(1, 2) n where not (p.text = 'Problem "2"' and m.text = 'Measure 2');
insert into list_result (tenant_id, id, problem_id, responsibility_id, text, version, added_by_id, added_at)
 select tenant_id, md5('result' || id::text)::uuid, problem_id, id, 'Result', 1, member_id, added_at from list_responsibility
 where done;
update list_measure m set owned = true where exists (select from list_responsibility r where r.measure_id = m.id);
update list_problem p set measures = (select count(*) from list_measure m where m.problem_id = p.id),
 unowned = (select count(*) from list_measure m where m.problem_id = p.id and not owned),
 pending = (select count(*) from list_responsibility r where r.problem_id = p.id and not done),
 next_due_on = (select min(due_on) from list_responsibility r where r.problem_id = p.id and not done);
insert into list_event (tenant_id, id, problem_id, seq, version, kind, item_kind, item_id, text, category, due_on, member_id,
 organization_id, actor_member_id, at)
 select tenant_id, md5('event' || item_id::text)::uuid, problem_id, 1000000 + row_number() over (partition by tenant_id order by item_id),
 row_number() over (partition by problem_id order by place, item_id), kind, item_kind, item_id, text, category, due_on, member_id,
 organization_id, added_by_id, added_at from (
  select tenant_id, id problem_id, 1 place, 'PROBLEM_LISTED' kind, 'PROBLEM' item_kind, id item_id, text, category, null::date due_on,
   null::uuid member_id, null::uuid organization_id, added_by_id, added_at from list_problem
  union all select tenant_id, problem_id, 2, 'MEASURE_PLANNED', 'MEASURE', id, text, null, null, null, null, added_by_id, added_at
   from list_measure
  union all select tenant_id, problem_id, 3, 'RESPONSIBILITY_ASSIGNED', 'RESPONSIBILITY', id, null, null, due_on, member_id,
   organization_id, added_by_id, added_at from list_responsibility
  union all select tenant_id, problem_id, 4, 'RESULT_RECORDED', 'RESULT', id, text, null, null, null, null, added_by_id, added_at
   from list_result) steps;
"""
TYPE_OF = {
    "PROBLEM": "ListProblem",
    "MEASURE": "ListMeasure",
    "RESPONSIBILITY": "ListResponsibility",
    "RESULT": "ListResult",
}


def today(asking: Asking) -> date:
    """The city's present day."""
    return asking.now.astimezone(ZoneInfo(asking.world.tenant["time_zone"])).date()


def is_past_due(asking: Asking, row: Row) -> bool:
    """Of a problem: something of it should have had its result."""
    return row["next_due_on"] is not None and row["next_due_on"] < today(asking)


def is_late(asking: Asking, row: Row) -> bool:
    """Of a responsibility: its day is over, and there is no result."""
    return not row["done"] and row["due_on"] < today(asking)


def gaps(asking: Asking, row: Row) -> list[str]:
    """What is missing below a problem."""
    found = {"NO_MEASURE": row["measures"] == 0, "NO_OWNER": row["unowned"] > 0, "PAST_DUE": is_past_due(asking, row)}
    return [gap for gap, holds in found.items() if holds]


def owner_name(asking: Asking, row: Row) -> str | None:
    """Who answers, by name, whoever asks."""
    found = asking.world.one("member", row["member_id"]) or asking.world.one("organization", row["organization_id"])
    return None if found is None else found["name"]


def owners(column: str) -> Callable[[World, Row], list[UUID]]:
    """The owners of one kind of what hangs on a problem."""

    def of(world: World, row: Row) -> list[UUID]:
        parts = world.where("list_responsibility", "problem_id", row["id"])
        return [part[column] for part in parts if part[column] is not None]

    return of


def at(place: Row, row: Row) -> bool:
    """Whether a row is of a grid, or anywhere below an organization."""
    below: bool = row["path"].startswith(place["path"])
    return row["grid_id"] == place["id"] if "organization_id" in place else below


def sees(world: World, me: Person, row: Row) -> bool:
    """Problems where one may read lists, of grids in whose team one is, and those one was given a part of."""
    team = {place["grid_id"] for place in world.where("grid_assignment", "member_id", me.member)}
    parts = world.where("list_responsibility", "problem_id", row["id"])
    return (
        me.there("list:read", row["path"], row["grid_id"])
        or row["grid_id"] in team
        or any(me.is_me(member=part["member_id"]) for part in parts)
        or any(part["owner_path"] is not None and me.there("list:read", part["owner_path"]) for part in parts)
    )
