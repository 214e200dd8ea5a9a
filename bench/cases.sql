-- The cases of the cities in ``city`` with their history: one slice of the year (``slice``: part of parts), all cities
-- together, so that rows lie on disk as they came in over time. In the session that ran places.sql, after it.

-- Open are 924 of the largest city's 79,119 cases (C-02) and as large a share of the others', spread evenly over time.
create temporary table matter on commit drop as
select c.tenant_id, n as number, at, uuidv7(at - now()) as id, c.steps,
       case when (n + 1) * 924 / 79119 = n * 924 / 79119
            then (array['ARCHIVED', 'ARCHIVED', 'ARCHIVED', 'ARCHIVED', 'ARCHIVED', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED'])[1 + n % 8]
            else (array['IN_PROGRESS', 'REPORTED', 'IN_PROGRESS', 'ACCEPTED', 'DISPATCHED', 'CLAIMED'])[1 + n * 924 / 79119 % 6]
       end as status,
       g.id as grid_id, g.organization_id, g.path, p.id as claimant_id, h.id as dispatcher_id, d.id as reporter_id
from city c
cross join slice s
cross join lateral generate_series(c.cases * s.part / s.parts, c.cases * (s.part + 1) / s.parts - 1) n
cross join lateral (
  select timestamptz '2021-11-01 08:00+08' + n * (interval '397.25 seconds' * (79119.0 / c.cases)) as at
) w
join cell g on g.tenant_id = c.tenant_id and g.number = (n * 7919) % c.grids
join person p on p.tenant_id = c.tenant_id and p.number = (n * 104729) % c.members
join person h on h.tenant_id = c.tenant_id and h.number = (n * 1299709 + 17) % c.members
left join dweller d on d.tenant_id = c.tenant_id and d.number = (n * 15485863) % nullif(c.residents, 0)
order by at, c.tenant_id;

insert into "case" (tenant_id, id, number, track, category, title, description, status, severity, grid_id, path,
                    organization_id, custody_path, level, reporter_id, claimant_id, reported_at, accepted_at, due_at,
                    resolved_at, feedback_at, archived_at, result, reopen_count, version, changed_at)
select m.tenant_id, m.id, 'N' || lpad(m.number::text, 8, '0'), 'GRID_EVENT',
       (array['PUBLIC_ORDER', 'HEALTH', 'HOUSING', 'FIRE_HAZARD', 'EMPLOYMENT'])[1 + m.number % 5],
       (array['楼道堆放杂物，请协助清理', '路灯不亮，夜间出行不便', '下水道堵塞', '邻里噪声纠纷', '小区门口积水'])[1 + m.number % 5] || m.number,
       repeat('居民反映情况属实，需要网格员到场核实并协调相关部门处理。', 1 + (m.number % 3)::int),
       m.status, (array['GENERAL', 'GENERAL', 'COMPLEX', 'MAJOR'])[1 + m.number % 4], m.grid_id, m.path,
       m.organization_id, m.path, 'community', m.reporter_id,
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
from matter m;

-- Nine numbers of the city's event log for each case, in the order of the reports; what is not taken stays free.
insert into case_event (tenant_id, id, case_id, seq, version, kind, from_status, to_status, level, actor_member_id,
                        actor_role, note, change, at)
select m.tenant_id, uuidv7(w.at - now()), m.id, m.number * 9 + l.version, l.version, l.kind, l.before, l.after, 'community',
       case when l.kind in ('ACCEPTED', 'DISPATCHED', 'ARCHIVED') then m.dispatcher_id
            when l.kind in ('CLAIMED', 'STARTED', 'RESOLVED', 'FEEDBACK_GIVEN') then m.claimant_id end,
       case when l.kind in ('REPORTED', 'RATED') then 'resident'
            when l.kind in ('ACCEPTED', 'DISPATCHED', 'ARCHIVED') then 'dispatcher' else 'grid_worker' end,
       case when l.kind in ('DISPATCHED', 'RESOLVED') then '请尽快到场处理并反馈结果 ' || m.number end, '{}', w.at
from matter m
cross join lateral unnest(
  array['REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'STARTED', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'ARCHIVED'],
  array[null, 'REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'IN_PROGRESS', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED'],
  array['REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'IN_PROGRESS', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'ARCHIVED']
) with ordinality as l (kind, before, after, version)
cross join lateral (select m.at + l.version * interval '47 minutes' as at) w
where l.version <= least(m.steps, array_position(
  array['REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'IN_PROGRESS', 'RESOLVED', 'FEEDBACK_GIVEN', 'RATED', 'ARCHIVED'],
  m.status));

-- So that a write after this goes on where the history ends.
insert into tenant_counter (tenant_id, name, last)
select tenant_id, 'event', cases * 9 from city
union all
select tenant_id, 'case', cases from city
on conflict (tenant_id, name) do update set last = excluded.last;
