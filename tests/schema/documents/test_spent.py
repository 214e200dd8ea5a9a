"""What an answer used of its cost: a point for every object in it, however little the object holds."""

from __future__ import annotations

from typing import Any

import httpx

from tests.fixtures.city import Platform
from tests.reference.comparing import objects

EMPTY = """query($n: Boolean!) { a: organizations(first: 4) { nodes { cases(first: 20) { nodes { id @include(if: $n) } } } }
  b: organizations(first: 3) { nodes { id @include(if: $n) } } }"""


async def test_objects_without_a_field_are_paid_for_too(http: httpx.AsyncClient, platform: Platform) -> None:
    headers = {"authorization": f"Bearer {await platform.sign_in('daye', 'tenant_admin')}"}
    for included in (True, False):
        sent = {"query": EMPTY, "variables": {"n": included}}
        body: dict[str, Any] = (await http.post("/graphql", json=sent, headers=headers)).json()
        assert "errors" not in body
        found = objects(body["data"])
        assert found > 7
        assert body["extensions"]["cost"]["actualQueryCost"] == found
