"""Founding organizations by the city's manifest."""

from __future__ import annotations

from typing import Any

import pytest

from server.errors import AppError
from server.events.models import AuditEntry, Event
from server.organizations.models import Organization
from server.organizations.service import create_organization
from tenants.context import Actor
from tenants.ids import uuid7
from tests.fixtures.town import EAST, WEST, Town


async def found(town: Town, actor: Actor, **given: Any) -> Organization:
    """Found a compound in the east community, or what is given."""
    values: dict[str, Any] = {
        "parent_id": town.organizations[EAST],
        "level": "compound",
        "kind": "compound_branch",
        "code": "garden",
        "name": " 花园小区 ",
    } | given
    async with town.services.transactions.open(actor) as session:
        organization_id = await create_organization(session, **values, manifest=await town.manifest(), actor=actor)
    (row,) = await town.rows(Organization, id=organization_id)
    assert isinstance(row, Organization)
    return row


async def refused(town: Town, actor: Actor, **given: Any) -> tuple[str, tuple[str, ...]]:
    """Code and field of the error, after which nothing was changed."""
    before = len(await town.rows(Organization)), len(await town.rows(Event))
    with pytest.raises(AppError) as error:
        await found(town, actor, **given)
    assert (len(await town.rows(Organization)), len(await town.rows(Event))) == before
    return error.value.code, error.value.field


async def test_an_organization_takes_its_rank_and_path_from_where_it_stands(town: Town) -> None:
    row = await found(town, town.system)
    assert (row.path, row.rank, row.name, row.parent_id) == (
        f"{town.paths[EAST]}garden/",
        3,
        "花园小区",
        town.organizations[EAST],
    )
    (entry,) = await town.rows(AuditEntry, object_id=row.id)
    assert (entry.action, entry.detail) == (
        "organization:create",
        {"level": "compound", "kind": "compound_branch"},
    )
    assert [event.type for event in await town.rows(Event, subject_id=row.id)] == ["OrganizationCreated"]


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"level": "district"}, "LEVEL_NOT_LISTED", ("level",)),
        ({"kind": "health_center"}, "KIND_NOT_ALLOWED", ("kind",)),
        ({"level": "building", "kind": "building_group"}, "LEVEL_SKIPPED", ("parentId",)),
        ({"code": "Garden"}, "ORGANIZATION_CODE_INVALID", ("code",)),
        ({"code": "a,b"}, "ORGANIZATION_CODE_INVALID", ("code",)),
        ({"name": "  "}, "TEXT_REQUIRED", ("name",)),
        ({"name": "a" * 201}, "TEXT_TOO_LONG", ("name",)),
        ({"name": "nul\x00"}, "TEXT_INVALID", ("name",)),
        ({"parent_id": uuid7()}, "NOT_FOUND", ("parentId",)),
    ],
)
async def test_what_the_manifest_does_not_allow_is_refused(
    town: Town,
    given: dict[str, Any],
    code: str,
    field: tuple[str, ...],
) -> None:
    assert await refused(town, town.system, **given) == (code, field)


async def test_a_code_is_unique_among_siblings_only(town: Town) -> None:
    await found(town, town.system)
    assert await refused(town, town.system) == ("CODE_TAKEN", ("code",))
    assert (await found(town, town.system, parent_id=town.organizations[WEST])).path == f"{town.paths[WEST]}garden/"


async def test_only_who_may_found_founds(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    await town.member("secretary", "first_secretary")
    assert (await found(town, await town.actor("admin"))).code == "garden"
    assert (await refused(town, await town.actor("secretary"), code="other"))[0] == "FORBIDDEN"
