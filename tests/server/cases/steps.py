"""Steps of a case as somebody takes them: one use case, one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from server.cases.service import reporting
from server.errors import AppError
from tenants.context import Actor
from tests.server.cases.towns import Town

UseCase = Callable[..., Awaitable[UUID]]


async def report(
    town: Town,
    actor: Actor,
    grid_id: UUID,
    category: str = "SANITATION",
    *,
    key: str | None = None,
    **values: Any,
) -> UUID:
    """Report a case; ``values`` as the fields of ``Report``."""
    async with town.database.write(town.tenant_id) as session:
        return await reporting.report_case(
            session,
            report=reporting.Report(grid_id, category, values.pop("title", "Bins are full"), **values),
            idempotency_key=key,
            policy=town.policy,
            actor=actor,
        )


async def do(town: Town, use_case: UseCase, case_id: UUID, actor: Actor, **words: Any) -> None:
    """Run a use case on the present version of a case."""
    expected = words.pop("expected_version", None) or await town.version(case_id)
    async with town.database.write(town.tenant_id) as session:
        await use_case(
            session,
            case_id=case_id,
            expected_version=expected,
            policy=town.policy,
            actor=actor,
            **words,
        )


async def refused(town: Town, use_case: UseCase, case_id: UUID, actor: Actor, **words: Any) -> str:
    """The code of the refusal; nothing may have changed."""
    before = await town.version(case_id)
    with pytest.raises(AppError) as caught:
        await do(town, use_case, case_id, actor, **words)
    assert await town.version(case_id) == before
    return caught.value.code
