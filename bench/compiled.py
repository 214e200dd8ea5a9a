"""The statements that the product compiles for a question, heard while it answers it in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import httpx

from bench.accounts import SIGN_IN
from server.main import application, running
from server.settings import Settings
from tenants.connections import Connections


class NotAnswered(Exception):
    """The product answered with errors, so there is nothing to look at."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One compiled read as it is sent: $1 of ``text`` is the tenant's setting, ``values`` are all parameters."""

    text: str
    values: tuple[Any, ...]


@contextmanager
def heard() -> Iterator[list[Compiled]]:
    """Every compiled read that this process sends within the block."""
    found: list[Compiled] = []
    fetchval = Connections.fetchval

    async def listening(self: Connections, statement: str, *values: object, column: int = 0) -> object:
        found.append(Compiled(statement, values))
        return await fetchval(self, statement, *values, column=column)

    with patch.object(Connections, "fetchval", listening):
        yield found


@dataclass(frozen=True, slots=True)
class Client:
    """Asks the product in this process, in the name of one account."""

    http: httpx.AsyncClient
    headers: Mapping[str, str]

    async def statements(self, query: str, variables: Mapping[str, Any]) -> tuple[Compiled, ...]:
        """The compiled reads behind one answer. Errors: ``NotAnswered``."""
        with heard() as found:
            response = await self.http.post(
                "/graphql", json={"query": query, "variables": dict(variables)}, headers=self.headers
            )
        answer = response.json()
        if "data" not in answer or answer.get("errors"):
            raise NotAnswered(f"{query}\n{answer}")
        return tuple(found)


@asynccontextmanager
async def product(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application over real services, without a network."""
    async with running(settings) as services:
        transport = httpx.ASGITransport(application(services))
        async with httpx.AsyncClient(transport=transport, base_url="http://bench.invalid", timeout=60) as http:
            yield http


async def client(http: httpx.AsyncClient, tenant: str, username: str, password: str) -> Client:
    """Signed in. Errors: ``NotAnswered``."""
    given = {"tenant": tenant, "username": username, "password": password}
    response = await http.post("/graphql", json={"query": SIGN_IN, "variables": {"input": given}})
    answer = response.json()
    if answer.get("errors") or answer["data"]["signIn"]["credentials"] is None:
        raise NotAnswered(str(answer))
    token = answer["data"]["signIn"]["credentials"]["accessToken"]
    return Client(http, {"authorization": f"Bearer {token}"})
