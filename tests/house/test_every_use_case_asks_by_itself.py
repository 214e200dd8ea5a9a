"""A use case that begins by asking for a right asks whoever calls it, not only those who came through a mutation."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from tenants.context import Actor
from tenants.errors import NotPermitted
from tests.house.lints import guards

ASKING_FIRST = guards.asking_first()


def test_the_use_cases_that_ask_first_are_found() -> None:
    assert len(ASKING_FIRST) > 20
    assert guards.Guard("server/threads/service.py", "post_message", "actor") in ASKING_FIRST


@pytest.mark.parametrize("guard", ASKING_FIRST, ids=str)
async def test_without_the_right_a_use_case_looks_at_nothing_else(guard: guards.Guard) -> None:
    function = getattr(import_module(guard.module), guard.function)
    nobody = Actor(tenant_id=UUID(int=1), username="nobody")
    given: dict[str, Any] = dict.fromkeys(inspect.signature(function).parameters) | {guard.asked: nobody}

    async def called() -> None:
        found = function(**given)
        if inspect.isawaitable(found):
            await found

    with pytest.raises(NotPermitted):
        await called()
