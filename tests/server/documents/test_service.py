"""Registering documents: all or none, for a known application, with an audit row; seen by requests within a second."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from schema.root import document_check
from server.documents.models import TrustedDocument
from server.documents.rules import digest_of
from server.documents.service import DocumentsInvalid, Given, Registered, list_documents, register
from server.documents.trusted import FRESH_SECONDS, TrustedDocuments
from server.errors import Invalid, NotFound, NotPermitted
from server.events.models import AuditEntry, Event
from tenants.context import Actor, system_actor
from tenants.registry import TenantInfo
from tenants.sessions import Database
from tests.fixtures.city import Platform

VIEWER = "query Viewer { viewer { username } }"
ROLES = "query Roles { viewer { roles } }"


def given(*bodies: str) -> list[Given]:
    return [Given(digest_of(body), body) for body in bodies]


class Desk:
    """An operator at work in Daye."""

    def __init__(self, platform: Platform, daye: TenantInfo) -> None:
        assert platform.services.operator is not None
        self.operator: Database = platform.services.operator
        self.web: Database = platform.services.database
        self.daye = daye
        self.actor = system_actor(daye.id, name="test")

    async def register(self, *documents: Given, **others: Any) -> Registered:
        """Register for Daye's console, unless others are named."""
        named: dict[str, Any] = {
            "tenant": "daye",
            "client": "console",
            "check": document_check(),
            "actor": self.actor,
        } | others
        return await register(self.operator, documents, **named)


@pytest.fixture
async def desk(platform: Platform) -> Desk:
    return Desk(platform, await platform.tenant("daye"))


async def test_a_registered_document_is_found_by_its_digest_for_its_application_alone(
    desk: Desk,
    platform: Platform,
) -> None:
    done = await desk.register(*given(VIEWER, ROLES))
    jiamusi = await platform.tenant("jiamusi")
    trusted = TrustedDocuments(desk.web)

    assert done == Registered(desk.daye.id, registered=2, known=0)
    assert await trusted.text(desk.daye.id, "console", digest_of(VIEWER)) == VIEWER
    assert await trusted.text(desk.daye.id, "console", digest_of(ROLES)) == ROLES
    assert await trusted.text(desk.daye.id, "portal", digest_of(VIEWER)) is None
    assert await trusted.text(jiamusi.id, "console", digest_of(VIEWER)) is None
    assert await trusted.text(desk.daye.id, "console", digest_of("{ __typename }")) is None


async def test_registering_again_changes_nothing(desk: Desk) -> None:
    await desk.register(*given(VIEWER))
    before = await _log(desk)

    assert await desk.register(*given(VIEWER, VIEWER)) == Registered(desk.daye.id, registered=0, known=1)
    assert await _log(desk) == before
    assert await desk.register(*given(VIEWER, ROLES)) == Registered(desk.daye.id, registered=1, known=1)
    assert len(await _log(desk)) == len(before) + 1


async def test_the_citys_log_says_who_registered_how_many_for_whom(desk: Desk) -> None:
    before = len(await _log(desk))
    await desk.register(*given(VIEWER, ROLES))

    assert (await _log(desk))[before:] == [
        ("tenant:apply", "test", {"client": "console", "documents": 2}, "DocumentsRegistered"),
    ]


async def test_one_fault_and_nothing_is_registered(desk: Desk) -> None:
    other = given(ROLES)[0].id
    with pytest.raises(DocumentsInvalid) as refused:
        await desk.register(
            *given(VIEWER, "query { nonsense }", "query {"),
            Given(other, VIEWER),
            Given("md5", ROLES),
            *given("{ viewer { username } } # \x00"),
        )

    assert [(fault.code, fault.field) for fault in refused.value.faults] == [
        ("DOCUMENT_INVALID", ("documents", "1", "body")),
        ("DOCUMENT_INVALID", ("documents", "2", "body")),
        ("DOCUMENT_ID_WRONG", ("documents", "3", "id")),
        ("DOCUMENT_ID_WRONG", ("documents", "4", "id")),
        ("DOCUMENT_INVALID", ("documents", "5", "body")),
    ]
    assert str(refused.value.faults[0]) == ("The document is not valid: Cannot query field 'nonsense' on type 'Query'.")
    assert str(refused.value.faults[2]) == f"The id is not the SHA-256 of the body, which is {digest_of(VIEWER)}."
    assert await list_documents(desk.operator, tenant="daye", client=None, actor=desk.actor) == ()


async def test_a_document_beyond_the_limits_of_the_plan_is_refused_before_anybody_sends_it(desk: Desk) -> None:
    deep = "query { viewer { " + " ".join(f"a{number}: username" for number in range(200)) + " } }"
    with pytest.raises(DocumentsInvalid) as refused:
        await desk.register(*given(deep))

    assert [fault.field for fault in refused.value.faults] == [("documents", "0", "body")]


@pytest.mark.parametrize(
    ("documents", "others", "code"),
    [
        ([], {}, "TOO_MANY_DOCUMENTS"),
        (given(*(f"query Q{number} {{ __typename }}" for number in range(501))), {}, "TOO_MANY_DOCUMENTS"),
        (given("#" * 50_000, "#" * 50_001), {}, "REQUEST_TOO_LARGE"),
        (given(VIEWER), {"client": "stranger"}, "CLIENT_UNKNOWN"),
        (given(VIEWER), {"client": ""}, "CLIENT_UNKNOWN"),
    ],
)
async def test_what_one_call_may_hold(desk: Desk, documents: list[Given], others: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        await desk.register(*documents, **others)
    assert refused.value.code == code


async def test_only_operators_register_and_list_and_only_in_cities_there_are(desk: Desk) -> None:
    nobody = Actor(tenant_id=desk.daye.id, username="nobody")
    with pytest.raises(NotPermitted):
        await desk.register(*given(VIEWER), actor=nobody)
    with pytest.raises(NotPermitted):
        await list_documents(desk.operator, tenant="daye", client=None, actor=nobody)
    with pytest.raises(NotFound):
        await desk.register(*given(VIEWER), tenant="atlantis")


async def test_the_web_process_reads_documents_and_never_writes_them(desk: Desk) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        await register(
            desk.web, given(VIEWER), tenant="daye", client="console", check=document_check(), actor=desk.actor
        )


async def test_a_registration_counts_within_a_second_or_at_once_for_who_forgets(desk: Desk) -> None:
    trusted, prompt = TrustedDocuments(desk.web), TrustedDocuments(desk.web)
    for reader in (trusted, prompt):
        assert await reader.text(desk.daye.id, "console", digest_of(VIEWER)) is None
    await desk.register(*given(VIEWER))

    prompt.forget()
    assert await prompt.text(desk.daye.id, "console", digest_of(VIEWER)) == VIEWER
    await asyncio.sleep(FRESH_SECONDS)
    assert await trusted.text(desk.daye.id, "console", digest_of(VIEWER)) == VIEWER


async def test_unknown_digests_ask_the_database_once_a_second(desk: Desk) -> None:
    asked = 0

    class Counted(TrustedDocuments):
        async def _list(self, *application: Any) -> frozenset[bytes]:
            nonlocal asked
            asked += 1
            return await super()._list(*application)

    trusted = Counted(desk.web)
    unknown = [digest_of(str(number)) for number in range(1_000)]
    assert set(await asyncio.gather(*(trusted.text(desk.daye.id, "console", one) for one in unknown))) == {None}
    assert asked == 1


async def test_the_list_shows_what_is_registered_without_the_texts(desk: Desk) -> None:
    await desk.register(*given(VIEWER, ROLES))
    listed = await list_documents(desk.operator, tenant="daye", client="console", actor=desk.actor)

    assert [(one.client, one.digest, one.size, one.registered_by) for one in listed] == [
        ("console", digest_of(body), len(body), "test") for body in (VIEWER, ROLES)
    ]
    assert await list_documents(desk.operator, tenant="daye", client="portal", actor=desk.actor) == ()


async def test_rows_are_under_row_security(desk: Desk, platform: Platform) -> None:
    await desk.register(*given(VIEWER))
    jiamusi = await platform.tenant("jiamusi")
    for tenant_id, expected in ((desk.daye.id, [VIEWER]), (jiamusi.id, [])):
        async with desk.web.write(tenant_id) as session:
            statement = select(TrustedDocument.body).where(TrustedDocument.tenant_id == tenant_id)
            assert list(await session.scalars(statement)) == expected


async def _log(desk: Desk) -> list[tuple[str, str | None, dict[str, Any], str]]:
    async with desk.operator.write(desk.daye.id) as session:
        audits = await session.scalars(
            select(AuditEntry)
            .where(AuditEntry.tenant_id == desk.daye.id, AuditEntry.action == "tenant:apply")
            .order_by(AuditEntry.id),
        )
        events = await session.scalars(
            select(Event.type)
            .where(Event.tenant_id == desk.daye.id, Event.subject_type == "Tenant")
            .order_by(Event.seq),
        )
        return [
            (entry.action, entry.actor_name, entry.detail, event) for entry, event in zip(audits, events, strict=True)
        ]
