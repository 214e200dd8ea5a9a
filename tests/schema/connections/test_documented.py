"""The examples of docs/api.md, "Filters, search and counts", sent as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.schema.connections.conftest import Ask

GUIDE = Path(__file__).parents[3] / "docs" / "api.md"
ROOT = "{ organizations(first: 1, orderBy: PATH_ASC) { nodes { id } } }"
NUMBER = "{ cases(first: 1, filter: {open: true}) { nodes { number } } }"


def examples() -> list[str]:
    section = GUIDE.read_text(encoding="utf-8").partition("\n## Filters, search and counts\n")[2].partition("\n## ")[0]
    return re.findall(r"```graphql\n(.*?)```", section, re.DOTALL)


async def test_every_example_is_answered_with_something(ask: Ask) -> None:
    root = (await ask("tenant_admin", ROOT))["organizations"]["nodes"][0]["id"]
    number = (await ask("tenant_admin", NUMBER))["cases"]["nodes"][0]["number"]
    words = number.rpartition("-")[2]
    answers = [await ask("tenant_admin", query, **_variables(query, id=root, words=words)) for query in examples()]
    lists, below, found, chart, tree = answers
    dues = [case["deadline"]["dueAt"] for case in lists["cases"]["nodes"]]
    assert dues == sorted(dues) != []
    names = [resident["name"] for resident in below["residents"]["nodes"]]
    assert names == sorted(names) != []
    assert number in {case["number"] for case in found["cases"]["nodes"]}
    bars = chart["cases"]["countBy"]
    assert sum(bar["count"] for bar in bars) <= chart["cases"]["totalCount"]
    assert 0 < len(bars) <= 5
    assert tree["organization"]["cases"]["totalCount"] == chart["cases"]["totalCount"]
    below_it = sum(node["cases"]["totalCount"] for node in tree["organization"]["children"]["nodes"])
    assert 0 < below_it <= chart["cases"]["totalCount"]


def _variables(query: str, **known: Any) -> dict[str, Any]:
    return {name: value for name, value in known.items() if f"${name}:" in query}
