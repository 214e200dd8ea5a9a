"""What ``civicgrid audit ...`` does: verify a city's audit trail, export its head, tell the key that signs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from server.audit.heads import SignedHead, exported, imported
from server.audit.keys import HeadKeys
from server.audit.service.sealing import BATCH, seal, sign_head
from server.audit.service.verifying import Fault, Finding, Verified, heads_of, verify
from server.errors import NotFound
from tenants.registry import Registry
from tenants.sessions import Database

_MEANING = {
    Fault.ENTRY_MISSING: "entry {entry} in place {seq} was removed",
    Fault.ENTRY_CHANGED: "entry {entry} in place {seq} was changed, or put there in place of another",
    Fault.SEAL_MISSING: "the seal in place {seq} was removed",
    Fault.SEAL_CHANGED: "the seal in place {seq}, of entry {entry}, does not follow from the one before",
    Fault.CHAIN_REWRITTEN: "the chain was made anew somewhere from place {first} to place {seq}: a signed head says otherwise",
    Fault.CHAIN_CUT: "the chain was cut off before place {seq}: a signed head or the count of seals says that it went on",
    Fault.HEAD_FORGED: "the head of place {seq} is not signed by a key that we know (CIVICGRID_AUDIT_RETIRED_KEYS)",
    Fault.ENTRY_ADDED: "entry {entry} has no seal, though it is older than the last head: it was added past the program",
}


async def run_verify(
    database: Database, keys: HeadKeys, *, tenant: str, kept: Sequence[bytes], console: Console
) -> bool:
    """Verify a city's trail, print what was found, and return whether all is right. kept: contents of exported heads.

    Errors: NotFound, Invalid for a file that is no head.
    """
    city = await Registry(database).by_slug(tenant)
    heads = [imported(text) for text in kept]
    async with database.write(city.id) as session:
        found = await verify(session, city.id, keys, kept=heads)
    console.print(told(tenant, found))
    return found.finding is None


def told(tenant: str, found: Verified) -> str:
    """What was found, in a sentence or two."""
    if found.finding is not None:
        return f"{tenant}: NOT as it was written: {_meaning(found.finding)} ({found.finding.fault})"
    beyond = found.entries - found.covered
    late = (
        f"; {found.late} were sealed more than two hours after the time they bear, the first of them in place {found.first_late}: "
        "they are from before the trail was sealed, or the worker stood still, or they were added past the program"
        if found.late
        else ""
    )
    return (
        f"{tenant}: {found.entries} entries are as they were written; signed heads prove {found.covered} of them, "
        f"{beyond} came since, {found.unsealed} are not sealed yet{late}"
    )


async def run_export(database: Database, keys: HeadKeys, *, tenant: str) -> str:
    """Seal and sign what is there now; the newest head, as a file's text. Errors: NotFound for a trail without entries."""
    city = await Registry(database).by_slug(tenant)
    full = True
    while full:
        async with database.write(city.id) as session:
            full = (await seal(session, city.id)).count == BATCH
    async with database.write(city.id) as session:
        await sign_head(session, city.id, keys)
        heads = [each for each in await heads_of(session, city.id) if each.head.key_id == keys.id]
    if not heads:
        raise NotFound("No such audit trail.")
    newest: SignedHead = heads[-1]
    return exported(newest, public=keys.public)


def key_of(keys: HeadKeys) -> str:
    """The key that signs now: its name and its public half, the latter for CIVICGRID_AUDIT_RETIRED_KEYS."""
    return f"{keys.id} {keys.public.hex()}"


def _meaning(finding: Finding) -> str:
    return _MEANING[finding.fault].format(seq=finding.seq, entry=finding.entry_id, first=(finding.after or 0) + 1)
