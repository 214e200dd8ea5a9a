-- The data set of the bench: 5 cities, 100,000 cases (79,119 in the largest, sources C-02), 8,886 grids there (JM-05).
-- Run as the superuser of a bench database that holds the five cities and nothing of theirs. Not product code: it goes
-- past row security, foreign-key triggers and the services. Ids are UUIDv7 of their own time, as the application's are.

set session_replication_role = replica;
set work_mem = '256MB';
set maintenance_work_mem = '256MB';

create temporary table city as
select t.id as tenant_id, t.slug, o.id as root_id, o.path as root_path,
       case t.slug when 'huangshan' then 79119 when 'daye' then 5221 else 5220 end as cases,
       case t.slug when 'huangshan' then 8886 else 600 end as grids,
       case t.slug when 'huangshan' then 4000 else 300 end as members
from tenant t join organization o on o.tenant_id = t.id and o.parent_id is null
where t.kind = 'CITY';

create temporary table subdistrict as
select c.tenant_id, uuidv7() as id, c.root_id as parent_id, s as number, c.root_path || 's' || s || '/' as path
from city c, generate_series(0, 35) s;

create temporary table community as
select s.tenant_id, uuidv7() as id, s.id as parent_id, s.number * 8 + n as number, s.path || 'c' || n || '/' as path
from subdistrict s, generate_series(0, 7) n;

insert into organization (tenant_id, id, parent_id, code, name, labels, level, kind, rank, path, created_at)
select tenant_id, id, parent_id, 's' || number, '第' || number + 1 || '街道', '{}'::jsonb, 'subdistrict', 'subdistrict_committee', 5,
       path, now()
from subdistrict
union all
select tenant_id, id, parent_id, 'c' || number % 8, '第' || number + 1 || '社区', '{}'::jsonb, 'community', 'community_org', 4,
       path, now()
from community;

create temporary table person as
select c.tenant_id, uuidv7() as id, n as number, o.id as organization_id, o.path
from city c, generate_series(0, c.members - 1) n, community o
where o.tenant_id = c.tenant_id and o.number = n % 288;
create unique index on person (tenant_id, number);

insert into member (tenant_id, id, organization_id, path, name, phone, status, created_at)
select tenant_id, id, organization_id, path, '网格员' || number + 1, '1390000' || lpad(number::text, 4, '0'), 'ACTIVE', now()
from person;

create temporary table cell as
select c.tenant_id, uuidv7() as id, n as number, o.id as organization_id, o.path, p.id as chief_id
from city c, generate_series(0, c.grids - 1) n, community o, person p
where o.tenant_id = c.tenant_id and o.number = n % 288 and p.tenant_id = c.tenant_id and p.number = n % c.members;
create unique index on cell (tenant_id, number);

insert into grid (tenant_id, id, organization_id, path, code, name, kind, households, chief_id, valid_from, created_at)
select tenant_id, id, organization_id, path, 'g' || number, '第' || number + 1 || '网格',
       case when number < 4148 then 'URBAN' when number < 8192 then 'RURAL' else 'DEDICATED' end,
       150 + number % 250, chief_id, date '2022-01-01', now()
from cell;

-- Open are 924 of the largest city's cases (C-02) and as large a share of the others', spread evenly over time.
create temporary table matter as
select c.tenant_id, n as number, at, uuidv7(at - now()) as id,
       case when (n + 1) * 924 / 79119 = n * 924 / 79119
            then (array['ARCHIVED', 'ARCHIVED', 'ARCHIVED', 'ARCHIVED', 'ARCHIVED', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED'])[1 + n % 8]
            else (array['IN_PROGRESS', 'REPORTED', 'IN_PROGRESS', 'ACCEPTED', 'DISPATCHED', 'CLAIMED'])[1 + n * 924 / 79119 % 6]
       end as status,
       g.id as grid_id, g.organization_id, g.path, p.id as claimant_id, h.id as dispatcher_id
from city c
cross join lateral generate_series(0::bigint, c.cases - 1) n
cross join lateral (select timestamptz '2021-11-01 08:00+08' + n * interval '397.25 seconds' as at) w
join cell g on g.tenant_id = c.tenant_id and g.number = (n * 7919) % c.grids
join person p on p.tenant_id = c.tenant_id and p.number = (n * 104729) % c.members
join person h on h.tenant_id = c.tenant_id and h.number = (n * 1299709 + 17) % c.members;

create temporary table step as
select m.tenant_id, m.id as case_id, m.number, m.at + l.ordinality * interval '47 minutes' as at, m.claimant_id,
       m.dispatcher_id, l.kind, l.before, l.after, l.ordinality as version,
       row_number() over (partition by m.tenant_id order by m.at + l.ordinality * interval '47 minutes', m.number) as seq
from matter m
cross join lateral unnest(
  array['REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'STARTED', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'ARCHIVED'],
  array[null, 'REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'IN_PROGRESS', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED'],
  array['REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'IN_PROGRESS', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'ARCHIVED']
) with ordinality as l (kind, before, after, ordinality)
where l.ordinality <= array_position(
  array['REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'IN_PROGRESS', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'ARCHIVED'],
  m.status);

insert into "case" (tenant_id, id, number, track, category, title, description, status, severity, grid_id, path,
                    organization_id, custody_path, level, claimant_id, reported_at, accepted_at, due_at, resolved_at,
                    feedback_at, archived_at, result, reopen_count, version, changed_at)
select m.tenant_id, m.id, 'N' || lpad(m.number::text, 8, '0'), 'GRID_EVENT',
       (array['PUBLIC_ORDER', 'HEALTH', 'HOUSING', 'FIRE_HAZARD', 'EMPLOYMENT'])[1 + m.number % 5],
       (array['楼道堆放杂物，请协助清理', '路灯不亮，夜间出行不便', '下水道堵塞', '邻里噪声纠纷', '小区门口积水'])[1 + m.number % 5] || m.number,
       repeat('居民反映情况属实，需要网格员到场核实并协调相关部门处理。', 1 + (m.number % 3)::int),
       m.status, (array['GENERAL', 'GENERAL', 'COMPLEX', 'MAJOR'])[1 + m.number % 4], m.grid_id, m.path,
       m.organization_id, m.path, 'community',
       case when m.status not in ('REPORTED', 'ACCEPTED', 'DISPATCHED') then m.claimant_id end,
       m.at, case when m.status <> 'REPORTED' then m.at + interval '94 minutes' end,
       m.at + interval '5 days',
       case when m.status in ('RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'ARCHIVED') then m.at + interval '282 minutes' end,
       case when m.status in ('FEEDBACK_GIVEN', 'RATED', 'ARCHIVED') then m.at + interval '329 minutes' end,
       case when m.status = 'ARCHIVED' then m.at + interval '423 minutes' end,
       case when m.status in ('RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'ARCHIVED') then '已处理完毕' end,
       0, array_position(
         array['REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'IN_PROGRESS', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'ARCHIVED'],
         m.status),
       m.at
from matter m order by m.tenant_id, m.number;

insert into case_event (tenant_id, id, case_id, seq, version, kind, from_status, to_status, level, actor_member_id,
                        actor_role, note, change, at)
select tenant_id, uuidv7(at - now()), case_id, seq, version, kind, before, after, 'community',
       case when kind in ('ACCEPTED', 'DISPATCHED', 'ARCHIVED') then dispatcher_id
            when kind in ('CLAIMED', 'STARTED', 'RESOLVED', 'FEEDBACK_GIVEN') then claimant_id end,
       case when kind in ('REPORTED', 'RATED') then 'resident' when kind in ('ACCEPTED', 'DISPATCHED', 'ARCHIVED') then 'dispatcher'
            else 'grid_worker' end,
       case when kind in ('DISPATCHED', 'RESOLVED') then '请尽快到场处理并反馈结果 ' || number end, '{}', at
from step order by tenant_id, seq;

-- So that a write after this goes on where the history ends.
insert into tenant_counter (tenant_id, name, last)
select tenant_id, 'event', max(seq) from step group by tenant_id
union all
select tenant_id, 'case', cases from city
on conflict (tenant_id, name) do update set last = excluded.last;

set session_replication_role = origin;
