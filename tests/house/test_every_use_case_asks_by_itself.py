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

# By use case, the parameter with whoever is asking. Written out, so that a question that is taken away is missed.
ASKING_FIRST = {
    "server.access.service.explaining.explain_access": "actor",
    "server.access.service.previewing.require_whole_city": "actor",
    "server.access.service.support._undecided": "actor",
    "server.access.service.support.end_support_access": "actor",
    "server.access.service.support.enter_with_support_access": "operator",
    "server.access.service.support.request_support_access": "operator",
    "server.accounts.service.opening.list_accounts": "actor",
    "server.attachments.service.announcing.announce_file": "actor",
    "server.attachments.service.attaching.attach_files": "actor",
    "server.documents.service.list_documents": "actor",
    "server.documents.service.register": "actor",
    "server.documents.withdrawal.withdraw": "actor",
    "server.intake.service.secrets.create_channel_secret": "actor",
    "server.intake.service.secrets.retire_channel_secrets": "actor",
    "server.onboarding.service.apply_tenant": "actor",
    "server.onboarding.service.plan_tenant": "actor",
    "server.sealed.service.zones.create_zone": "actor",
    "server.threads.service.delete_message": "actor",
    "server.threads.service.post_message": "actor",
    "server.volunteers.service.activities.cancel_sign_up": "actor",
    "server.volunteers.service.activities.sign_up_for_activity": "actor",
    "server.volunteers.service.hours.enter_hours": "actor",
    "server.volunteers.service.registration.register_volunteer": "actor",
}


def test_every_use_case_that_asks_first_is_listed() -> None:
    assert {str(guard): guard.asked for guard in guards.asking_first()} == ASKING_FIRST


@pytest.mark.parametrize("name", ASKING_FIRST)
async def test_without_the_right_a_use_case_looks_at_nothing_else(name: str) -> None:
    module, _, function_name = name.rpartition(".")
    function = getattr(import_module(module), function_name)
    nobody = Actor(tenant_id=UUID(int=1), username="nobody")
    given: dict[str, Any] = dict.fromkeys(inspect.signature(function).parameters) | {ASKING_FIRST[name]: nobody}

    async def called() -> None:
        found = function(**given)
        if inspect.isawaitable(found):
            await found

    with pytest.raises(NotPermitted):
        await called()
