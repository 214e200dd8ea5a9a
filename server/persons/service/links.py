"""The links of one person's accounts. Every session here is of the platform's own tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import aliased

from server.errors import Conflict, Invalid, RuleViolation
from server.events.record import audit
from server.persons.models import LinkCode, PersonAccount
from server.persons.rules import GOOD_FOR, MOST_CITIES
from server.persons.tokens import ShownCode, fits, new_link_code
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class Holder:
    """An account and its city. session_id: of the session that made a link code."""

    city_id: UUID
    account_id: UUID
    session_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewCode:
    """A link code. text: shown once; only its digest is kept."""

    text: str
    expires_at: datetime


async def make_code(session: WriteSession, holder: Holder, *, actor: Actor, now: datetime) -> NewCode:
    """A code of an account, in place of those it had. actor: in the platform's tenant."""
    mine = (LinkCode.city_id == holder.city_id, LinkCode.account_id == holder.account_id)
    await session.execute(delete(LinkCode).where(LinkCode.tenant_id == actor.tenant_id, *mine))
    await session.execute(delete(LinkCode).where(LinkCode.tenant_id == actor.tenant_id, LinkCode.expires_at <= now))
    code_id = uuid7()
    text, digest = new_link_code(code_id)
    session.add(
        LinkCode(
            tenant_id=actor.tenant_id,
            id=code_id,
            city_id=holder.city_id,
            account_id=holder.account_id,
            session_id=holder.session_id,
            digest=digest,
            expires_at=now + GOOD_FOR,
        )
    )
    audit(session, action="person:offer", object_type="LinkCode", object_id=code_id, actor=actor)
    return NewCode(text, now + GOOD_FOR)


async def holder_of(session: WriteSession, shown: ShownCode, *, platform_id: UUID, now: datetime) -> Holder | None:
    """Whose code it is; None for one that is wrong, used or over."""
    row = await session.scalar(
        select(LinkCode).where(LinkCode.tenant_id == platform_id, LinkCode.id == shown.id, LinkCode.expires_at > now)
    )
    if row is None or not fits(shown, row.digest):
        return None
    return Holder(row.city_id, row.account_id, row.session_id)


async def link(session: WriteSession, shown: ShownCode, mine: Holder, *, actor: Actor) -> None:
    """Use a code up and make both accounts, with those each is linked to already, one person's.

    actor: in the platform's tenant. Errors: Invalid LINK_CODE_INVALID, RuleViolation LINK_SAME_CITY, TOO_MANY_CITIES,
    Conflict CITY_LINKED_ALREADY.
    """
    used = await session.scalar(
        delete(LinkCode)
        .where(LinkCode.tenant_id == actor.tenant_id, LinkCode.id == shown.id, LinkCode.digest == shown.digest)
        .returning(LinkCode)
    )
    if used is None:
        raise refused()
    theirs = Holder(used.city_id, used.account_id)
    if theirs.city_id == mine.city_id:
        raise RuleViolation("This code is of the city you are in; make one in another.", code="LINK_SAME_CITY")
    person_id, other_id = [await _person_of(session, holder, actor.tenant_id) for holder in (mine, theirs)]
    if person_id != other_id:
        await _merge(session, person_id, other_id, actor.tenant_id)
    audit(session, action="person:link", object_type="Person", object_id=person_id, actor=actor)


async def unlink(session: WriteSession, mine: Holder, city_id: UUID, *, actor: Actor) -> bool:
    """Part the account in a city from the others; whether there was one. actor: in the platform's tenant."""
    person_id = await session.scalar(_row_of(mine, actor.tenant_id))
    if person_id is None:
        return False
    same = (PersonAccount.tenant_id == actor.tenant_id, PersonAccount.person_id == person_id)
    gone = await session.scalar(
        delete(PersonAccount).where(*same, PersonAccount.city_id == city_id).returning(PersonAccount.id)
    )
    if gone is None:
        return False
    left = list(await session.scalars(select(PersonAccount.id).where(*same)))
    if len(left) == 1:
        await session.execute(delete(PersonAccount).where(*same))
    audit(session, action="person:unlink", object_type="Person", object_id=person_id, actor=actor)
    return True


async def cities_of(session: WriteSession, mine: Holder, *, platform_id: UUID) -> tuple[UUID, ...]:
    """The cities in which the account's person has one; none for an account that is not linked."""
    own, other = aliased(PersonAccount), aliased(PersonAccount)
    found = await session.scalars(
        select(other.city_id)
        .join(own, own.person_id == other.person_id)
        .where(
            own.tenant_id == platform_id,
            other.tenant_id == platform_id,
            own.city_id == mine.city_id,
            own.account_id == mine.account_id,
        )
        .order_by(other.linked_at, other.id)
    )
    return tuple(found)


async def account_in(session: WriteSession, mine: Holder, city_id: UUID, *, platform_id: UUID) -> UUID | None:
    """The account of the same person in another city; None when there is none."""
    own, other = aliased(PersonAccount), aliased(PersonAccount)
    found: UUID | None = await session.scalar(
        select(other.account_id)
        .join(own, own.person_id == other.person_id)
        .where(
            own.tenant_id == platform_id,
            other.tenant_id == platform_id,
            own.city_id == mine.city_id,
            own.account_id == mine.account_id,
            other.city_id == city_id,
        )
    )
    return found


def refused() -> Invalid:
    """The one answer to whatever is wrong with a link code."""
    return Invalid(
        "The code is wrong, over or used; make another one in the other city.",
        code="LINK_CODE_INVALID",
        field=("code",),
    )


def _row_of(holder: Holder, platform_id: UUID) -> Select[UUID]:
    return (
        select(PersonAccount.person_id)
        .where(
            PersonAccount.tenant_id == platform_id,
            PersonAccount.city_id == holder.city_id,
            PersonAccount.account_id == holder.account_id,
        )
        .with_for_update()
    )


async def _person_of(session: WriteSession, holder: Holder, platform_id: UUID) -> UUID:
    """The person of an account, who is somebody new if it was not linked."""
    known: UUID | None = await session.scalar(_row_of(holder, platform_id))
    if known is not None:
        return known
    person_id = uuid7()
    session.add(
        PersonAccount(
            tenant_id=platform_id,
            id=uuid7(),
            person_id=person_id,
            city_id=holder.city_id,
            account_id=holder.account_id,
        )
    )
    await session.flush()
    return person_id


async def _merge(session: WriteSession, person_id: UUID, other_id: UUID, platform_id: UUID) -> None:
    """Give one person's accounts to another. Errors: CITY_LINKED_ALREADY, TOO_MANY_CITIES."""
    rows = list(
        await session.execute(
            select(PersonAccount.person_id, PersonAccount.city_id)
            .where(PersonAccount.tenant_id == platform_id, PersonAccount.person_id.in_((person_id, other_id)))
            .with_for_update()
        )
    )
    cities = [row.city_id for row in rows]
    if len(set(cities)) < len(cities):
        raise Conflict(
            "Another account of that city is linked already; unlink it first.",
            code="CITY_LINKED_ALREADY",
            field=("code",),
        )
    if len(cities) > MOST_CITIES:
        raise RuleViolation("One person serves in {most} cities at most.", code="TOO_MANY_CITIES", most=MOST_CITIES)
    await session.execute(
        update(PersonAccount)
        .where(PersonAccount.tenant_id == platform_id, PersonAccount.person_id == other_id)
        .values(person_id=person_id)
    )
