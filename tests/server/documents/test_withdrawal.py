"""Taking documents back: for one application of one city, with an audit row, and taken by nobody a second later."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import make_transient

from schema.root import document_check
from server.documents.models import TrustedDocument
from server.documents.rules import digest_of
from server.documents.service import Given, list_documents, register
from server.documents.trusted import FRESH_SECONDS, TrustedDocuments
from server.documents.withdrawal import Withdrawn, withdraw
from server.errors import Invalid, NotFound, NotPermitted
from server.events.models import AuditEntry, Event
from tenants.context import Actor, system_actor
from tenants.ids import uuid7
from tenants.registry import TenantInfo
from tenants.sessions import Database
from tests.fixtures.city import Platform

VIEWER = "query Viewer { viewer { username } }"
ROLES = "query Roles { viewer { roles } }"
NEVER = digest_of("{ never }")


@dataclass(frozen=True, slots=True)
class Desk:
    """An operator at work in Daye: two documents of its console, and one of a program its manifest lists no more."""

    operator: Database
    web: Database
    daye: TenantInfo

    async def withdraw(self, *ids: str, **others: Any) -> Withdrawn:
        """From Daye's console, unless others are named."""
        named: dict[str, Any] = {
            "tenant": "daye",
            "client": "console",
            "actor": system_actor(self.daye.id, name="test"),
        }
        return await withdraw(self.operator, ids, **(named | others))

    async def registered(self) -> list[str]:
        """The digests that are left."""
        actor = system_actor(self.daye.id, name="test")
        return [one.digest for one in await list_documents(self.operator, tenant="daye", client=None, actor=actor)]

    async def log(self) -> list[tuple[str, str | None, dict[str, Any], str]]:
        """What the city's log and its events say of the register."""
        async with self.operator.write(self.daye.id) as session:
            audits = await session.scalars(
                select(AuditEntry)
                .where(AuditEntry.tenant_id == self.daye.id, AuditEntry.action == "tenant:apply")
                .order_by(AuditEntry.id),
            )
            events = await session.scalars(
                select(Event.type)
                .where(Event.tenant_id == self.daye.id, Event.subject_type == "Tenant")
                .order_by(Event.seq),
            )
            return [(one.action, one.actor_name, one.detail, event) for one, event in zip(audits, events, strict=True)]


@pytest.fixture
async def desk(platform: Platform) -> Desk:
    assert platform.services.operator is not None
    daye = await platform.tenant("daye")
    operator = platform.services.operator
    await register(
        operator,
        [Given(digest_of(body), body) for body in (VIEWER, ROLES)],
        tenant="daye",
        client="console",
        check=document_check(),
        actor=system_actor(daye.id, name="test"),
    )
    async with operator.write(daye.id) as session:
        row = (await session.scalars(select(TrustedDocument).where(TrustedDocument.digest == digest_of(VIEWER)))).one()
        session.expunge(row)
        make_transient(row)
        row.id, row.client = uuid7(), "retired"
        session.add(row)
    return Desk(operator, platform.services.database, daye)


async def test_a_document_is_taken_from_one_application(desk: Desk) -> None:
    done = await desk.withdraw(f"sha256:{digest_of(VIEWER)}", digest_of(VIEWER).upper(), NEVER)

    assert done == Withdrawn(desk.daye.id, withdrawn=1, unknown=1)
    assert await desk.registered() == [digest_of(ROLES), digest_of(VIEWER)]
    assert (await desk.withdraw(digest_of(VIEWER), client="retired")).withdrawn == 1
    assert await desk.registered() == [digest_of(ROLES)]


async def test_the_citys_log_says_who_took_how_many_back_and_once(desk: Desk) -> None:
    before = len(await desk.log())
    await desk.withdraw(digest_of(VIEWER), digest_of(ROLES))
    assert await desk.withdraw(digest_of(VIEWER)) == Withdrawn(desk.daye.id, withdrawn=0, unknown=1)

    assert (await desk.log())[before:] == [
        ("tenant:apply", "test", {"client": "console", "documents": 2}, "DocumentsWithdrawn"),
    ]


async def test_a_withdrawal_counts_within_a_second_or_at_once_for_who_forgets(desk: Desk) -> None:
    trusted, prompt = TrustedDocuments(desk.web), TrustedDocuments(desk.web)
    for reader in (trusted, prompt):
        assert await reader.text(desk.daye.id, "console", digest_of(VIEWER)) == VIEWER
        assert await reader.text(desk.daye.id, "retired", digest_of(VIEWER)) == VIEWER
    await desk.withdraw(digest_of(VIEWER))

    prompt.forget()
    assert await prompt.text(desk.daye.id, "console", digest_of(VIEWER)) is None
    await asyncio.sleep(FRESH_SECONDS)
    assert await trusted.text(desk.daye.id, "console", digest_of(VIEWER)) is None
    for reader in (trusted, prompt):
        assert await reader.text(desk.daye.id, "console", digest_of(ROLES)) == ROLES
        assert await reader.text(desk.daye.id, "retired", digest_of(VIEWER)) == VIEWER


async def test_the_list_of_digests_is_read_again_only_after_a_change(desk: Desk) -> None:
    read = 0

    class Counted(TrustedDocuments):
        async def _list(self, *application: Any) -> frozenset[bytes]:
            nonlocal read
            read += 1
            return await super()._list(*application)

    trusted = Counted(desk.web)
    for _ in range(2):
        assert await trusted.text(desk.daye.id, "console", digest_of(VIEWER)) == VIEWER
        await asyncio.sleep(FRESH_SECONDS)
    assert read == 1
    await desk.withdraw(digest_of(ROLES))
    assert await trusted.text(desk.daye.id, "console", digest_of(ROLES)) is None
    assert read == 2


@pytest.mark.parametrize(
    ("ids", "code", "field"),
    [
        ((), "TOO_MANY_DOCUMENTS", ("ids",)),
        ((NEVER,) * 501, "TOO_MANY_DOCUMENTS", ("ids",)),
        ((NEVER, "md5:abc"), "DOCUMENT_ID_WRONG", ("ids", "1")),
    ],
)
async def test_what_one_call_may_hold(desk: Desk, ids: tuple[str, ...], code: str, field: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as refused:
        await desk.withdraw(*ids)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert len(await desk.registered()) == 3


async def test_only_operators_withdraw_and_only_in_cities_there_are(desk: Desk) -> None:
    with pytest.raises(NotPermitted):
        await desk.withdraw(digest_of(VIEWER), actor=Actor(tenant_id=desk.daye.id, username="nobody"))
    with pytest.raises(NotFound):
        await desk.withdraw(digest_of(VIEWER), tenant="atlantis")
    assert (await desk.withdraw(digest_of(VIEWER), tenant="jiamusi")).withdrawn == 0
    assert len(await desk.registered()) == 3
