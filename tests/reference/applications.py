"""Programs of third parties in the reference: rows, and which keys are good."""

from __future__ import annotations

from tests.reference.asking import Asking
from tests.reference.rows import Row

# One in the whole city, some in organizations and grids; ties in every order, keys of every fate.
ROWS = """
insert into application (tenant_id, id, name, contact, purpose, scopes, organization_id, grid_id, path, networks, client,
 status, expires_at, version, registered_at)
 select o.tenant_id, md5('application' || o.id::text)::uuid, 'Board of ' || o.code || ' — ' || o.rank, 'Desk "7"', '看板',
 '["case:read", "grid:read"]', case when o.rank < 7 then o.id end, null, case when o.rank < 7 then o.path else '' end,
 case when o.rank = 5 then '["192.0.2.0/24"]'::jsonb else '[]' end, case when o.rank = 4 then 'console' end,
 case when right(o.id::text, 1) < '6' then 'SUSPENDED' else 'ACTIVE' end,
 case when o.rank = 4 then timestamptz '2099-01-01' end, o.rank, '2026-01-01' from organization o;
insert into application (tenant_id, id, name, contact, purpose, scopes, grid_id, path, networks, status, version,
 registered_at)
 select g.tenant_id, md5('application' || g.id::text)::uuid, 'Lamp ' || g.code, 'Desk', 'Lamps', '["grid:read"]', g.id,
 g.path, '[]', 'ACTIVE', 1, '2026-02-01' from grid g;
insert into api_key (tenant_id, id, application_id, digest, hint, created_at, expires_at, revoked_at, last_used_at)
 select a.tenant_id, md5('key' || n || a.id::text)::uuid, a.id, '\\x00', 'cg_' || n, date_trunc('month', a.registered_at),
 case when n = 1 then timestamptz '2026-02-01' when n = 2 then timestamptz '2099-01-01' end,
 case when n = 3 then a.registered_at end, case when n < 3 then a.registered_at end
 from application a, generate_series(1, 4) n where right(a.id::text, 1) < 'c';
"""


def is_good(asking: Asking, row: Row) -> bool:
    """Whether a key was not revoked and is not over."""
    return row["revoked_at"] is None and (row["expires_at"] is None or row["expires_at"] > asking.now)
