-- The places and people of the cities in the temporary table ``city`` (bench.cities says what its columns hold).
-- Run as the superuser of a bench database that holds the tenants and their root organizations, in the session that
-- made ``city``. Not product code: it goes past row security, foreign-key triggers and the services. Ids are UUIDv7 of
-- their own time, as the application's are. ``person``, ``cell`` and ``dweller`` stay for cases.sql.

create temporary table subdistrict as
select c.tenant_id, uuidv7() as id, c.root_id as parent_id, s as number, c.root_path || 's' || s || '/' as path
from city c, generate_series(0, c.subdistricts - 1) s;

create temporary table community as
select s.tenant_id, uuidv7() as id, s.id as parent_id, s.number * 8 + n as number, s.path || 'c' || n || '/' as path
from subdistrict s, generate_series(0, 7) n;
create unique index on community (tenant_id, number);
analyze community;

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
from city c
cross join lateral generate_series(0, c.members - 1) n
join community o on o.tenant_id = c.tenant_id and o.number = n % (c.subdistricts * 8);
create unique index on person (tenant_id, number);
analyze person;

insert into member (tenant_id, id, organization_id, path, name, phone, status, created_at)
select tenant_id, id, organization_id, path, '网格员' || number + 1, '1390000' || lpad(number::text, 4, '0'), 'ACTIVE', now()
from person;

create temporary table cell as
select c.tenant_id, uuidv7() as id, n as number, o.id as organization_id, o.path, p.id as chief_id
from city c
cross join lateral generate_series(0, c.grids - 1) n
join community o on o.tenant_id = c.tenant_id and o.number = n % (c.subdistricts * 8)
join person p on p.tenant_id = c.tenant_id and p.number = n % c.members;
create unique index on cell (tenant_id, number);
analyze cell;

insert into grid (tenant_id, id, organization_id, path, code, name, kind, households, chief_id, valid_from, created_at)
select tenant_id, id, organization_id, path, 'g' || number, '第' || number + 1 || '网格',
       case when number < 4148 then 'URBAN' when number < 8192 then 'RURAL' else 'DEDICATED' end,
       150 + number % 250, chief_id, date '2022-01-01', now()
from cell;

create temporary table dweller as
select c.tenant_id, uuidv7() as id, n as number, g.id as grid_id, g.organization_id, g.path
from city c
cross join lateral generate_series(0, c.residents - 1) n
join cell g on g.tenant_id = c.tenant_id and g.number = n % c.grids;
create unique index on dweller (tenant_id, number);
analyze dweller;

insert into resident (tenant_id, id, grid_id, path, name, phone, sex, birth_date, created_at)
select tenant_id, id, grid_id, path, '居民' || number + 1, null, case when number % 2 = 0 then 'FEMALE' else 'MALE' end,
       date '1950-01-01' + (number * 37 % 20000)::int, now()
from dweller;

analyze organization, member, grid, resident;
