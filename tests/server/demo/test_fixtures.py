"""The fixtures of two small cities."""

from __future__ import annotations

from tests.fixtures.city import Api, Platform


async def test_a_first_secretary_signs_in_and_asks(platform: Platform, api: Api) -> None:
    actor = await platform.actor("daye", "first_secretary")
    assert actor.roles == ("first_secretary",)
    answer = await api("daye", "first_secretary", "{ viewer { username tenant roles } }")
    viewer = {"username": "first_secretary", "tenant": "daye", "roles": ["first_secretary"]}
    assert answer == {"data": {"viewer": viewer}}


async def test_nobody_asks(api: Api) -> None:
    assert await api("daye", None, "{ viewer { username } }") == {"data": {"viewer": None}}


async def test_a_city_without_people_for_the_tests_is_on_board(platform: Platform) -> None:
    assert (await platform.tenant("hohhot")).manifest_version == 1
