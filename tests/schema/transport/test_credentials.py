from __future__ import annotations

from schema.transport.credentials import context_of
from tests.fixtures.city import Platform


async def test_actor_and_answer_tell_of_the_same_request(platform: Platform) -> None:
    authorization = f"Bearer {await platform.sign_in('daye', 'tenant_admin')}"
    named = await context_of(platform.services, {}, authorization, request_id="told-before")
    by_header = await context_of(platform.services, {"x-request-id": "told-by-header"}, authorization)
    by_chance = await context_of(platform.services, {}, authorization)
    for context, expected in ((named, "told-before"), (by_header, "told-by-header"), (by_chance, by_chance.request_id)):
        assert context.actor is not None
        assert (context.request_id, context.actor.request_id) == (expected, expected)
    assert len(by_chance.request_id) == 32
