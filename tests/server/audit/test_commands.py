"""What ``civicgrid audit`` prints and returns."""

from __future__ import annotations

import io
from datetime import timedelta

import orjson
import pytest
from rich.console import Console

from server.audit.commands import key_of, run_export, run_verify
from server.errors import Invalid, NotFound
from tenants.clock import now
from tests.server.audit.conftest import Trail

TENANT = "eastlake"


async def _verified(trail: Trail, *kept: bytes) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), soft_wrap=True, width=400)
    right = await run_verify(trail.database, trail.keys, tenant=TENANT, kept=kept, console=console)
    assert isinstance(console.file, io.StringIO)
    return right, console.file.getvalue().strip()


async def test_a_head_is_exported_kept_and_verified_with(trail: Trail) -> None:
    with pytest.raises(NotFound):
        await run_export(trail.database, trail.keys, tenant=TENANT)
    ids = await trail.write(3)
    kept = (await run_export(trail.database, trail.keys, tenant=TENANT)).encode()
    told = orjson.loads(kept)
    assert (told["seq"], told["keyId"], told["publicKey"]) == (3, *key_of(trail.keys).split())
    assert (await run_export(trail.database, trail.keys, tenant=TENANT)).encode() == kept
    await trail.write(1)
    assert await _verified(trail, kept) == (
        True,
        "eastlake: 3 entries are as they were written; signed heads prove 3 of them, 0 came since, 1 are not sealed yet",
    )
    await trail.write_at(now() - timedelta(hours=3))
    await run_export(trail.database, trail.keys, tenant=TENANT)
    assert (await _verified(trail))[1].endswith(
        "0 are not sealed yet; 1 were sealed more than two hours after the time they bear, the first of them in place 5: they are "
        "from before the trail was sealed, or the worker stood still, or they were added past the program"
    )
    await trail.owner.execute("update audit_entry set action = 'x:y' where id = $1", ids[1])
    right, told_now = await _verified(trail)
    assert not right
    assert told_now == (
        f"eastlake: NOT as it was written: entry {ids[1]} in place 2 was changed, or put there in place of another "
        "(ENTRY_CHANGED)"
    )


async def test_a_file_that_is_no_head_is_refused(trail: Trail) -> None:
    with pytest.raises(Invalid):
        await _verified(trail, b"{}")
