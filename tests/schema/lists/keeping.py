"""Keeping the lists of a town as its people do, through the schema."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from server.lists.models import ListProblem, ListResponsibility
from tenants.clock import now
from tests.fixtures.town import EAST, Town

ERRORS = "userErrors { code field message }"
_FIELDS = {
    "addProblem": "problem { id version }",
    "addMeasure": "measure { id version owned }",
    "assignResponsibility": "responsibility { id version dueOn ownerName }",
    "recordResult": "result { id version text }",
    "closeProblem": "problem { id version closedAt }",
    "reviseListItem": "problem { id version }",
}
CHAIN = """query($grid: ID!, $filter: ListProblemFilter) { grid(id: $grid) { fourLists(filter: $filter) { totalCount nodes {
  category text gaps overdue nextDueOn measures(first: 9) { nodes { text owned responsibilities(first: 9) { nodes {
    owner { ... on Member { name } ... on Organization { code } } ownerName dueOn overdue result { text } } } } } } } } }"""
GAPS = """fragment Gaps on ListGaps { problemsWithoutMeasure { nodes { text } }
  measuresWithoutOwner { nodes { text } } responsibilitiesPastDue { nodes { ownerName measure { text } } } }"""


def day(offset: int) -> str:
    """A day of Daye so many days from today."""
    return (today() + timedelta(days=offset)).isoformat()


def today() -> date:
    return now().astimezone(ZoneInfo("Asia/Shanghai")).date()


async def keep(town: Town, username: str, name: str, **given: Any) -> dict[str, Any]:
    """The payload of a mutation of the lists."""
    input_type = f"{name[0].upper()}{name[1:]}Input"
    query = f"mutation($input: {input_type}!) {{ {name}(input: $input) {{ {_FIELDS[name]} {ERRORS} }} }}"
    return await town.change(username, query, input=given)


async def kept(town: Town, username: str, name: str, **given: Any) -> dict[str, Any]:
    """The item of a mutation that goes well."""
    payload = await keep(town, username, name, **given)
    assert payload.pop("userErrors") == []
    (item,) = payload.values()
    found: dict[str, Any] = item
    return found


async def refusal(town: Town, username: str, name: str, **given: Any) -> tuple[str, list[str]]:
    """Code and field of a mutation that is refused."""
    payload = await keep(town, username, name, **given)
    (error,) = payload.pop("userErrors")
    assert list(payload.values()) == [None]
    return error["code"], error["field"]


async def problem(town: Town, username: str = "chief", place: str = EAST, **given: Any) -> str:
    """The id of a new problem of a grid."""
    told = {"category": "SANITATION", "text": "The stairs are dark", **given}
    item = await kept(town, username, "addProblem", gridId=town.id("grid", town.grids[place]), **told)
    id_: str = item["id"]
    return id_


async def measure(town: Town, problem_id: str, text: str = "New lamps", username: str = "chief") -> str:
    """The id of a new measure."""
    id_: str = (await kept(town, username, "addMeasure", problemId=problem_id, text=text))["id"]
    return id_


async def responsibility(town: Town, measure_id: str, *, due: int = 7, **owner: Any) -> str:
    """The id of a new responsibility, due so many days from today."""
    item = await kept(town, "chief", "assignResponsibility", measureId=measure_id, dueOn=day(due), **owner)
    id_: str = item["id"]
    return id_


async def let_days_pass(town: Town, days: int) -> None:
    """Move every responsibility into the past, as if so many days were over."""
    async with town.services.database.write(town.tenant_id) as session:
        part, top = ListResponsibility, ListProblem
        await session.execute(
            update(part).where(part.tenant_id == town.tenant_id).values(due_on=part.due_on - days),
        )
        await session.execute(
            update(top).where(top.tenant_id == town.tenant_id).values(next_due_on=top.next_due_on - days),
        )


async def chain(town: Town, username: str, place: str = EAST, **filter_: Any) -> list[dict[str, Any]]:
    """The four lists of a grid as somebody sees them."""
    answer = await town.ask(username, CHAIN, grid=town.id("grid", town.grids[place]), filter=filter_ or None)
    assert not answer["errors"], answer["errors"]
    found: list[dict[str, Any]] = answer["data"]["grid"]["fourLists"]["nodes"]
    return found
