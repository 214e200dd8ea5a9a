"""Whose file is looked at when: nobody waits for all the files of somebody else, and no file stays in hand."""

from __future__ import annotations

import asyncio
from io import BytesIO
from uuid import UUID

import pytest

from server.files.inspection import LARGE, inspected
from server.files.kinds import MediaType
from server.files.refusals import Reason, Refused
from tenants.ids import uuid7
from tests.server.files import samples

SMALL_PICTURE = samples.image("PNG", (8, 8))


async def test_a_small_file_does_not_wait_for_large_ones_of_another_city() -> None:
    side = int(LARGE**0.5) + 1
    large, one, other = samples.image("PNG", (side, side)), uuid7(), uuid7()
    done: list[str] = []

    async def look(name: str, data: bytes, city: UUID) -> None:
        await inspected(BytesIO(data), MediaType.PNG, city=city)
        done.append(name)

    await asyncio.gather(
        *(look(f"large {number}", large, one) for number in range(3)), look("small", SMALL_PICTURE, other)
    )
    assert done == ["small", "large 0", "large 1", "large 2"]


async def test_what_nobody_expected_of_a_file_refuses_it() -> None:
    """A file that cannot be read any more; the next one of the city is looked at as ever."""
    city, gone = uuid7(), BytesIO(samples.TEXT)
    gone.close()
    with pytest.raises(Refused) as caught:
        await inspected(gone, MediaType.TEXT, city=city)
    assert caught.value.reason is Reason.UNREADABLE
    assert (await inspected(BytesIO(SMALL_PICTURE), MediaType.PNG, city=city)).width == 8
