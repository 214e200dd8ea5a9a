"""Two small cities with enough of everything that every filter lets something through and keeps something back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import Template
from tests.fixtures.city import TINY, Api, filled

Rows = list[dict[str, Any]]
Ask = Callable[..., Awaitable[dict[str, Any]]]
All = Callable[..., Awaitable[Rows]]


@pytest.fixture(scope="session")
def city_template(migrated: Template, redis_url: str) -> Template:
    """The shared template's like, with cases and activities."""
    cities = {
        slug: replace(plan, cases=60, concluded=40, dropped=4, escalating=4, activities=8)
        for slug, plan in TINY.items()
    }
    return asyncio.run(filled(migrated, redis_url, cities))


@pytest.fixture
def ask(api: Api) -> Ask:
    """The data of an answer in Jiamusi; no errors are expected."""

    async def asking(username: str, query: str, **variables: Any) -> dict[str, Any]:
        body = await api("jiamusi", username, query, **variables)
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data

    return asking


@pytest.fixture
def page_through(ask: Ask) -> All:
    """Every row of a root connection, page by page. arguments: beside first and after."""

    async def paging(username: str, field: str, selection: str, arguments: str = "") -> Rows:
        query = f"""query($after: String) {{ found: {field}(first: 50, after: $after {arguments}) {{
          nodes {{ {selection} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
        rows: Rows = []
        after = None
        while True:
            page = (await ask(username, query, after=after))["found"]
            rows += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return rows

    return paging
