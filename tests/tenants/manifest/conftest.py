"""A small invented city whose manifest is whole; tests break it in one place at a time."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

SMALL_CITY = """
version: 1
identity: {slug: smallcity, name: {zh-CN: 小城, en: Small City}}
organization_kinds:
  - {code: office, name: {zh-CN: 机关, en: Office}}
  - {code: branch, name: {zh-CN: 支部, en: Branch}}
levels:
  - {code: city, rank: 7, name: {zh-CN: 市, en: City}, kinds: [office]}
  - {code: community, rank: 4, name: {zh-CN: 社区, en: Community}, kinds: [office, branch], grids: true}
  - {code: grid, rank: 2, name: {zh-CN: 网格, en: Grid}, kinds: [branch]}
chains:
  - {code: organization, name: {zh-CN: 组织, en: Organization}, levels: [city, community, grid]}
escalation_chain: [city, community, grid]
grid_policy:
  kinds:
    - {code: GENERAL, name: {zh-CN: 综合, en: General}}
    - {code: URBAN, name: {zh-CN: 城市, en: Urban}, target_households: 200}
  staffing:
    - {capacity: CHIEF, name: {zh-CN: 网格长, en: Chief}, minimum: 1}
    - {capacity: POLICE, name: {zh-CN: 民警, en: Police}, minimum: 1, per: community}
roles:
  - {slug: tenant_admin}
  - {slug: dispatcher}
  - {slug: grid_worker}
  - {slug: health_worker}
  - {slug: resident}
case_categories:
  - {code: HAZARD, name: {zh-CN: 隐患, en: Hazard}, containment: SMALL}
  - {code: FIRE, parent: HAZARD, name: {zh-CN: 火灾, en: Fire}}
case_templates:
  - track: GRID_EVENT
    name: {zh-CN: 事件, en: Event}
    dispatcher_roles: [dispatcher]
    claim: true
    mandatory_steps: [ACCEPTED, DISPATCHED, RESOLVED]
  - track: DISPUTE
    name: {zh-CN: 纠纷, en: Dispute}
    dispatcher_roles: [dispatcher]
escalation_ladder:
  steps:
    - {after_share_percent: 100, notify_roles: [dispatcher]}
    - {after: {amount: 2, unit: DAYS}}
    - {after: {amount: 4, unit: DAYS}}
containment_targets: {SMALL: grid, BIG: community}
work_calendar:
  known_through: "2026-12-31"
  holidays:
    - {date: "2026-10-01", name: {zh-CN: 国庆节, en: National Day}}
    - {date: "2026-10-02", name: {zh-CN: 国庆节, en: National Day}}
  make_up_days:
    - {date: "2026-10-10", name: {zh-CN: 调休, en: Make-up day}}
star_policy: {thresholds_hours: [10, 20, 30]}
health_check_policies:
  - effective_from: "2020-01-01"
    rules:
      - {sex: MALE, min_age: 60, max_age: 64}
      - {sex: FEMALE, min_age: 55, max_age: 64}
"""


@pytest.fixture
def small_city() -> dict[str, Any]:
    """The small city's document as plain values, fresh for each test."""
    document: dict[str, Any] = yaml.safe_load(SMALL_CITY)
    return document
