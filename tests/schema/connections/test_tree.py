"""The cases of an organization are those of its whole part of the tree, for whoever sees them there."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.schema.connections.conftest import All, Ask

ROLES = ("tenant_admin", "community_secretary", "grid_worker", "resident")
ROW = "id status resolvedAt grid { organization { path } }"


def within(rows: list[dict[str, Any]], organization: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in rows if row["grid"]["organization"]["path"].startswith(organization["path"])]


def is_open(row: dict[str, Any]) -> bool:
    return row["resolvedAt"] is None and row["status"] not in {"REJECTED", "WITHDRAWN", "MERGED"}


@pytest.mark.parametrize("username", ROLES)
async def test_counts_at_every_node_are_those_of_the_rows_below_it(ask: Ask, page_through: All, username: str) -> None:
    rows = await page_through(username, "cases", ROW)
    query = """{ organizations(first: 100) { nodes { path every: cases(first: 1) { totalCount }
      open: cases(filter: {open: true}) { totalCount countBy(key: STATUS) { key count } } } } }"""
    nodes = (await ask(username, query))["organizations"]["nodes"]
    for node in nodes:
        here = within(rows, node)
        assert node["every"]["totalCount"] == len(here)
        assert node["open"]["totalCount"] == len([row for row in here if is_open(row)])
        by_status = Counter(row["status"] for row in here if is_open(row))
        assert {bar["key"]: bar["count"] for bar in node["open"]["countBy"]} == by_status
    counts = {node["path"]: node["every"]["totalCount"] for node in nodes}
    root = min(counts, key=len)
    assert counts[root] == len(rows) > 0
    assert any(path != root and count > 0 for path, count in counts.items())
    assert min(counts.values()) == 0


async def test_a_subtree_is_walked_page_by_page(ask: Ask, page_through: All) -> None:
    rows = await page_through("tenant_admin", "cases", ROW)
    query = """query($id: ID!, $after: String) { organization(id: $id) {
      path cases(first: 7, after: $after, orderBy: REPORTED_ASC) { nodes { id } pageInfo { hasNextPage endCursor } } } }"""
    tree = (await ask("tenant_admin", "{ organizations(first: 100) { nodes { id path } } }"))["organizations"]["nodes"]
    node = next(node for node in tree if 7 < len(within(rows, node)) < len(rows))
    found: list[str] = []
    after = None
    while True:
        page = (await ask("tenant_admin", query, id=node["id"], after=after))["organization"]["cases"]
        found += [row["id"] for row in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == [row["id"] for row in reversed(within(rows, node))]


async def test_a_sibling_whose_code_begins_alike_is_not_below(ask: Ask, page_through: All) -> None:
    """Paths are compared whole step by whole step: what is below "a/" is not below "ab/"."""
    rows = await page_through("tenant_admin", "cases", ROW)
    query = "{ organizations(first: 100) { nodes { path cases(first: 1) { totalCount } } } }"
    nodes = (await ask("tenant_admin", query))["organizations"]["nodes"]
    paths = {node["path"] for node in nodes}
    leaves = [
        node for node in nodes if not any(path != node["path"] and path.startswith(node["path"]) for path in paths)
    ]
    for node in leaves:
        exact = [row for row in rows if row["grid"]["organization"]["path"] == node["path"]]
        assert node["cases"]["totalCount"] == len(exact)
