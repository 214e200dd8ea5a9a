"""Accounts to try the platform with: one for each role of each city, all with the password of this platform."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from server.accounts import passwords
from server.accounts.service.opening import create_account, list_accounts
from server.demo.desk import Desk
from server.demo.people import People
from server.demo.places import Places
from tenants.context import Actor
from tenants.keys import derive
from tenants.sessions import WriteSession

OPERATOR = "operator"
SECOND = "_2"
"""Ends the user name of the same role in the second community."""
MATE = "_mate"
"""Ends the user name of the same role in the same community."""

_LEADERS = ("first_secretary", "dispatcher")
_ROLES = (
    "tenant_admin",
    *_LEADERS,
    "community_secretary",
    "subdistrict_officer",
    "grid_chief",
    "grid_worker",
    "part_time_worker",
    "posted_member",
    "police",
    "health_worker",
    "analyst",
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account to sign in with: city, role, user name, password."""

    tenant: str
    role: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who stands behind an account: a member or a resident."""

    username: str
    role: str
    member_id: UUID | None = None
    resident_id: UUID | None = None


def password_of(secret: str) -> str:
    """The password of every demo account: 16 characters that follow from the platform's secret, so it stays the same."""
    return base64.b32encode(derive(secret, "demo-password")).decode()[:16].lower()


def holders(people: People, places: Places) -> tuple[Holder, ...]:
    """The accounts of a city; a user name is the role's slug, ``SECOND`` and ``MATE`` tell more of one role apart."""
    found = [Holder(role, role, member_id=people.by_role[role][0].id) for role in _ROLES if people.by_role.get(role)]
    first, second = places.communities[:2]
    near, far = places.grids[0], next(cell for cell in places.grids if cell.community is second)
    for role in (*_LEADERS, "community_secretary"):
        found += [Holder(role + SECOND, role, member_id=person.id) for person in people.by_role.get(role, [])[1:2]]
    found.append(Holder("grid_worker" + SECOND, "grid_worker", member_id=people.workers[far.id].id))
    for suffix, posted in ((MATE, people.posted[first.id][1:2]), (SECOND, people.posted[second.id][:1])):
        found += [Holder("posted_member" + suffix, "posted_member", member_id=person.id) for person in posted]
    resident, volunteer = people.neighbors[near.id][:2]
    found.append(Holder("resident", "resident", resident_id=resident.id))
    found.append(Holder("resident" + SECOND, "resident", resident_id=people.neighbors[far.id][0].id))
    found.append(Holder("volunteer", "volunteer", resident_id=volunteer.id))
    return tuple(found)


async def opened(session: WriteSession, slug: str, password: str, actor: Actor) -> list[DemoAccount]:
    """The demo accounts that a city has, by user name."""
    found = []
    for account in await list_accounts(session, actor=actor):
        role = account.username.removesuffix(SECOND).removesuffix(MATE)
        if account.username == OPERATOR and account.operator:
            found.append(DemoAccount(slug, "platform_operator", OPERATOR, password))
        elif role in (*_ROLES, "resident", "volunteer"):
            found.append(DemoAccount(slug, role, account.username, password))
    return found


async def open_accounts(desk: Desk, found: Sequence[Holder], password: str, actor: Actor) -> None:
    """Open the accounts in the load's transaction, each with a hash of its own."""
    hashes = await asyncio.gather(*(passwords.hash_password(password) for _ in found))
    for holder, password_hash in zip(found, hashes, strict=True):
        await create_account(
            desk.session,
            username=holder.username,
            password_hash=password_hash,
            member_id=holder.member_id,
            resident_id=holder.resident_id,
            actor=actor,
        )


async def open_operator(session: WriteSession, password: str, actor: Actor) -> None:
    """Open the account of the platform's operator, in the platform's own tenant."""
    password_hash = await passwords.hash_password(password)
    await create_account(session, username=OPERATOR, password_hash=password_hash, operator=True, actor=actor)
