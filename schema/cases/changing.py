"""What every mutation of a case does: find it, run its use case in one transaction, say which case it was."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import UUID

import strawberry

from schema.context import CivicInfo
from schema.ids import row_id
from server.cases.service.policy import policy_of


class Change(Protocol):
    """Every input but the report's."""

    case_id: strawberry.ID
    expected_version: int


async def changed(info: CivicInfo, input: Change, use_case: Callable[..., Awaitable[UUID]], **words: Any) -> UUID:  # noqa: A002 - GraphQL's own word
    """Run a use case on the case of an input, in one transaction; the case's id."""
    actor = info.context.require_actor()
    case_id = row_id(input.case_id, "case", field="caseId")
    # Before the transaction: reading the manifest may take a connection of its own.
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        return await use_case(
            session,
            case_id=case_id,
            expected_version=input.expected_version,
            policy=policy_of(manifest),
            actor=actor,
            **words,
        )
