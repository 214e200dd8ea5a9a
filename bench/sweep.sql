-- Late cases of one city ($1), as many as $2, of a track with the template $3, each with the history that its state needs and one row of due work, in the
-- past. Run as the superuser of a bench database with places of cities.py. Not product code: it goes past row security,
-- foreign-key triggers and the services. Each case is due 1/10 s after the one before, the first the longest ago.

with place as (
  select g.id as grid_id, g.path, o.id as organization_id, o.level,
         row_number() over (order by g.id) - 1 as number, count(*) over () as places
  from grid g join organization o on o.tenant_id = g.tenant_id and o.id = g.organization_id
  where g.tenant_id = $1::uuid
), person as (
  select id, row_number() over (order by id) - 1 as number, count(*) over () as people from member where tenant_id = $1::uuid
), report as (
  select n, uuidv7(w.at - now()) as id, w.at, 1 + n % 5 as version, p.grid_id, p.path, p.organization_id, p.level, h.id as handler_id
  from generate_series(0, $2::bigint - 1) n
  cross join lateral (select now() - interval '11 days' - ($2::bigint - n) * interval '0.1 seconds' as at) w
  join place p on p.number = (n * 7919) % p.places
  join person h on h.number = (n * 104729) % h.people
  order by n
), matter as (
  insert into "case" (tenant_id, id, number, track, category, title, description, status, severity, grid_id, path,
                      organization_id, custody_path, level, handler_id, claimant_id, reported_at, accepted_at, due_at,
                      reopen_count, version, changed_at)
  select $1::uuid, r.id, 'L' || lpad(r.n::text, 8, '0'), 'GRID_EVENT', 'PUBLIC_ORDER', '路灯不亮，夜间出行不便' || r.n,
         repeat('居民反映情况属实，需要网格员到场核实并协调相关部门处理。', 1 + (r.n % 3)::int),
         (array['REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'IN_PROGRESS'])[r.version], 'GENERAL', r.grid_id, r.path,
         r.organization_id, r.path, r.level, h.id, h.id, r.at,
         case when r.version > 1 then r.at + interval '47 minutes' end, r.at + interval '10 days', 0, r.version,
         r.at + (r.version - 1) * interval '47 minutes'
  from report r left join lateral (select r.handler_id as id where r.version > 3) h on true
  returning id, organization_id, handler_id, version, reported_at, due_at, number, level
), work as (
  insert into due_work (tenant_id, id, kind, subject_id, step, due_at, attempts, created_at)
  select $1::uuid, uuidv7(m.reported_at - now()), 'case.escalate', m.id, '0.1', m.due_at, 0, m.reported_at from matter m
), history as (
  insert into case_event (tenant_id, id, case_id, seq, version, kind, from_status, to_status, level, actor_member_id,
                          actor_role, change, at)
  select $1::uuid, uuidv7(w.at - now()), m.id, substr(m.number, 2)::bigint * 5 + l.version, l.version, l.kind, l.before, l.after,
         m.level, case when l.version > 1 then m.handler_id end, 'grid_worker',
         jsonb_build_object('dueAt', m.due_at) || case l.kind
           when 'REPORTED' then jsonb_build_object('track', 'GRID_EVENT', 'category', 'PUBLIC_ORDER', 'severity', 'GENERAL',
                                                   'organizationId', m.organization_id, 'template', $3::jsonb)
           when 'CLAIMED' then jsonb_build_object('handlerId', m.handler_id)
           else '{}' end,
         w.at
  from matter m
  cross join lateral unnest(
    array['REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'STARTED'],
    array[null, 'REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED'],
    array['REPORTED', 'ACCEPTED', 'DISPATCHED', 'CLAIMED', 'IN_PROGRESS']
  ) with ordinality as l (kind, before, after, version)
  cross join lateral (select m.reported_at + (l.version - 1) * interval '47 minutes' as at) w
  where l.version <= m.version
)
insert into tenant_counter (tenant_id, name, last) values ($1::uuid, 'event', $2::bigint * 5)
on conflict (tenant_id, name) do update set last = excluded.last
