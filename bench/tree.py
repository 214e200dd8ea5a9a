"""The city's tree, three levels deep, with counts at every node: 325 organizations over 8,886 grids."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from bench.questions import Question

_SUBDISTRICTS, _COMMUNITIES = 36, 8


def tree(tenant_id: UUID, root_id: UUID) -> Question:
    """Each organization with the number of its grids and of its members."""
    return Question(
        name="tree",
        ours={"query": TREE, "variables": {"id": f"org_{root_id}", "n": _SUBDISTRICTS, "m": _COMMUNITIES}},
        postgraphile={
            "query": _TREE_PEER,
            "variables": {"tenant": str(tenant_id), "id": str(root_id), "n": _SUBDISTRICTS, "m": _COMMUNITIES},
        },
        statement=_TREE_SQL,
        parameters=(str(root_id), _SUBDISTRICTS, _COMMUNITIES),
    )


async def root(admin: asyncpg.Connection[asyncpg.Record], tenant_id: UUID) -> UUID:
    """The city itself, at the root of its tree."""
    found: UUID = await admin.fetchval(
        "select id from organization where tenant_id = $1 and parent_id is null", tenant_id
    )
    return found


TREE = """
query Tree($id: ID!, $n: Int!, $m: Int!) {
  organization(id: $id) {
    ...Counted
    children(first: $n, orderBy: PATH_ASC) {
      nodes { ...Counted children(first: $m, orderBy: PATH_ASC) { nodes { ...Counted } } }
    }
  }
}
fragment Counted on Organization { id name level grids(first: 1) { totalCount } members(first: 1) { totalCount } }
"""

_TREE_PEER = """
query Tree($tenant: UUID!, $id: UUID!, $n: Int!, $m: Int!) {
  organization: organizationByTenantIdAndRowId(tenantId: $tenant, rowId: $id) {
    ...Counted
    children: organizationsByTenantIdAndParentId(first: $n, orderBy: [PATH_ASC]) {
      nodes {
        ...Counted
        children: organizationsByTenantIdAndParentId(first: $m, orderBy: [PATH_ASC]) { nodes { ...Counted } }
      }
    }
  }
}
fragment Counted on Organization {
  id: rowId name level
  grids: gridsByTenantIdAndOrganizationId { totalCount }
  members: membersByTenantIdAndOrganizationId { totalCount }
}
"""

_TREE_SQL = """
select json_build_object('data', json_build_object('organization', json_build_object(
  'id', 'org_' || r.id, 'name', r.name, 'level', r.level,
  'grids', json_build_object('totalCount', (
    select count(*) from grid g where g.tenant_id = $2 and g.organization_id = r.id)),
  'members', json_build_object('totalCount', (
    select count(*) from member m where m.tenant_id = $2 and m.organization_id = r.id)),
  'children', json_build_object('nodes', s.j))))::text
from organization r
left join lateral (
  select coalesce(json_agg(json_build_object('id', 'org_' || s.id, 'name', s.name, 'level', s.level,
    'grids', json_build_object('totalCount', (
      select count(*) from grid g where g.tenant_id = $2 and g.organization_id = s.id)),
    'members', json_build_object('totalCount', (
      select count(*) from member m where m.tenant_id = $2 and m.organization_id = s.id)),
    'children', json_build_object('nodes', c.j)) order by s.path), '[]') as j
  from (
    select * from organization where tenant_id = $2 and parent_id = r.id order by path limit $4
  ) s
  left join lateral (
    select coalesce(json_agg(json_build_object('id', 'org_' || c.id, 'name', c.name, 'level', c.level,
      'grids', json_build_object('totalCount', (
        select count(*) from grid g where g.tenant_id = $2 and g.organization_id = c.id)),
      'members', json_build_object('totalCount', (
        select count(*) from member m where m.tenant_id = $2 and m.organization_id = c.id))) order by c.path), '[]') as j
    from (
      select * from organization where tenant_id = $2 and parent_id = s.id order by path limit $5
    ) c
  ) c on true
) s on true
where r.tenant_id = $2 and r.id = $3
"""
