"""What is asked: the same question in the words of each server, and how their answers are brought to one form.

PostGraphile's names come from the tables, so its queries rename with aliases; what is left (id prefixes, time formats,
the deadline's own object) ``canonical`` levels. The bare server answers in our shape, from ``statement``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

_PUBLIC_ID = re.compile(r"[a-z]+_([0-9a-f]{8}-[0-9a-f-]{27})")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``statement`` takes the tenant as $1 (text, for the setting) and $2 (uuid), then ``parameters``."""

    name: str
    ours: Mapping[str, Any]
    postgraphile: Mapping[str, Any]
    statement: str
    parameters: tuple[Any, ...]


def board(status: str = "IN_PROGRESS", size: int = 50) -> Question:
    """The newest cases in a state, with grid, organization, claimant and the first three steps: 1,600 fields."""
    return Question(
        name="board",
        ours={"query": BOARD, "variables": {"n": size, "status": [status]}},
        postgraphile={"query": _BOARD_PEER, "variables": {"n": size, "status": status}},
        statement=_BOARD_SQL,
        parameters=(status, size),
    )


def case(tenant_id: UUID, case_id: UUID) -> Question:
    """One case with its whole history."""
    return Question(
        name="case",
        ours={"query": CASE, "variables": {"id": f"case_{case_id}"}},
        postgraphile={"query": _CASE_PEER, "variables": {"tenant": str(tenant_id), "id": str(case_id)}},
        statement=_CASE_SQL,
        parameters=(str(case_id),),
    )


async def archived_case(admin: asyncpg.Connection[asyncpg.Record], tenant_id: UUID) -> UUID:
    """A case that has gone the whole way, from the middle of the data."""
    found: UUID = await admin.fetchval(
        "select id from \"case\" where tenant_id = $1 and status = 'ARCHIVED' order by reported_at offset 20000 limit 1",
        tenant_id,
    )
    return found


def canonical(answer: Any) -> Any:
    """The content of an answer, whoever gave it."""
    if isinstance(answer, list):
        return [canonical(item) for item in answer]
    if isinstance(answer, dict):
        flat = {key: canonical(value) for key, value in answer.items() if key != "deadline"}
        return flat | canonical(answer["deadline"]) if "deadline" in answer else flat
    if isinstance(answer, str):
        if found := _PUBLIC_ID.fullmatch(answer):
            return found[1]
        if _TIME.fullmatch(answer):
            return datetime.fromisoformat(answer).astimezone(UTC)
    return answer


BOARD = """
query Board($n: Int!, $status: [CaseStatus!]) {
  cases(first: $n, filter: {status: $status}, orderBy: REPORTED_DESC) {
    nodes {
      id number title category status severity reportedAt
      deadline { dueAt }
      grid { id name organization { name } }
      claimant { id name }
      events(first: 3) { nodes { kind at note actor { name } } }
    }
  }
}
"""

_BOARD_PEER = """
query Board($n: Int!, $status: String) {
  cases: allCases(first: $n, condition: {status: $status}, orderBy: [REPORTED_AT_DESC, ROW_ID_DESC]) {
    nodes {
      id: rowId number title category status severity reportedAt
      dueAt
      grid: gridByTenantIdAndGridId { id: rowId name organization: organizationByTenantIdAndOrganizationId { name } }
      claimant: memberByTenantIdAndClaimantId { id: rowId name }
      events: caseEventsByTenantIdAndCaseId(first: 3, orderBy: [VERSION_ASC]) {
        nodes { kind at note actor: memberByTenantIdAndActorMemberId { name } }
      }
    }
  }
}
"""

_BOARD_SQL = """
select json_build_object('data', json_build_object('cases', json_build_object('nodes', coalesce(json_agg(j), '[]'))))::text
from (
  select json_build_object('id', 'case_' || c.id, 'number', c.number, 'title', c.title, 'category', c.category,
    'status', c.status, 'severity', c.severity, 'reportedAt', c.reported_at,
    'deadline', json_build_object('dueAt', c.due_at),
    'grid', case when g.id is not null then json_build_object('id', 'grid_' || g.id, 'name', g.name,
      'organization', case when o.id is not null then json_build_object('name', o.name) end) end,
    'claimant', case when m.id is not null then json_build_object('id', 'member_' || m.id, 'name', m.name) end,
    'events', json_build_object('nodes', e.j)) as j
  from (
    select * from "case" where tenant_id = $2 and status = $3 order by reported_at desc, id desc limit $4
  ) c
  left join grid g on g.tenant_id = $2 and g.id = c.grid_id
  left join organization o on o.tenant_id = $2 and o.id = g.organization_id
  left join member m on m.tenant_id = $2 and m.id = c.claimant_id
  left join lateral (
    select coalesce(json_agg(json_build_object('kind', v.kind, 'at', v.at, 'note', v.note,
      'actor', case when a.id is not null then json_build_object('name', a.name) end)), '[]') as j
    from (
      select * from case_event where tenant_id = $2 and case_id = c.id order by version limit 3
    ) v
    left join member a on a.tenant_id = $2 and a.id = v.actor_member_id
  ) e on true
  order by c.reported_at desc, c.id desc
) x
"""

CASE = """
query Case($id: ID!) {
  case(id: $id) {
    id number title description category status severity reportedAt result
    deadline { dueAt }
    grid { id name organization { name } }
    claimant { id name }
    events(first: 100) { nodes { kind fromStatus toStatus at note actor { name } } }
  }
}
"""

_CASE_PEER = """
query Case($tenant: UUID!, $id: UUID!) {
  case: caseByTenantIdAndRowId(tenantId: $tenant, rowId: $id) {
    id: rowId number title description category status severity reportedAt result
    dueAt
    grid: gridByTenantIdAndGridId { id: rowId name organization: organizationByTenantIdAndOrganizationId { name } }
    claimant: memberByTenantIdAndClaimantId { id: rowId name }
    events: caseEventsByTenantIdAndCaseId(first: 100, orderBy: [VERSION_ASC]) {
      nodes { kind fromStatus toStatus at note actor: memberByTenantIdAndActorMemberId { name } }
    }
  }
}
"""

_CASE_SQL = """
select json_build_object('data', json_build_object('case', json_build_object(
  'id', 'case_' || c.id, 'number', c.number, 'title', c.title, 'description', c.description, 'category', c.category,
  'status', c.status, 'severity', c.severity, 'reportedAt', c.reported_at, 'result', c.result,
  'deadline', json_build_object('dueAt', c.due_at),
  'grid', case when g.id is not null then json_build_object('id', 'grid_' || g.id, 'name', g.name,
    'organization', case when o.id is not null then json_build_object('name', o.name) end) end,
  'claimant', case when m.id is not null then json_build_object('id', 'member_' || m.id, 'name', m.name) end,
  'events', json_build_object('nodes', e.j))))::text
from "case" c
left join grid g on g.tenant_id = $2 and g.id = c.grid_id
left join organization o on o.tenant_id = $2 and o.id = g.organization_id
left join member m on m.tenant_id = $2 and m.id = c.claimant_id
left join lateral (
  select coalesce(json_agg(json_build_object('kind', v.kind, 'fromStatus', v.from_status, 'toStatus', v.to_status,
    'at', v.at, 'note', v.note, 'actor', case when a.id is not null then json_build_object('name', a.name) end)), '[]') as j
  from (
    select * from case_event where tenant_id = $2 and case_id = c.id order by version limit 100
  ) v
  left join member a on a.tenant_id = $2 and a.id = v.actor_member_id
) e on true
where c.tenant_id = $2 and c.id = $3
"""
