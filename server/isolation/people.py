"""Who walks: an account of a canary city, what it may do, and what it sees and does not see there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from server.accounts.models import Account
from server.accounts.rules import SignInMethod
from server.accounts.sessions import Arrival, start
from server.accounts.tokens import Tokens
from server.errors import AppError
from server.isolation.answers import Answer, Ask, codes
from server.isolation.rows import some_ids, versions
from server.isolation.sites import Near, VersionOfNear
from tenants.clock import now
from tenants.ids import public_id
from tenants.registry import TenantInfo
from tenants.sessions import Database

_VIEWER = "{ viewer { permissions } }"
_SEEN = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
_PATIENCE = 40
_LONGEST_WALK = timedelta(hours=12)


class WalkFailed(AppError):
    """The installation does not answer as the walk needs; the text says what was asked and what came back."""

    default_code = "WALK_FAILED"


@dataclass(frozen=True, slots=True)
class Seen:
    """Of a kind of thing in the caller's own city: what the caller sees, and what is hidden from the caller."""

    near: tuple[UUID, ...]
    hidden: tuple[UUID, ...]


@dataclass(slots=True)
class Walker:
    """An account that has signed in. permissions: of its roles, ``area:verb``."""

    username: str
    tenant_id: UUID
    token: str
    permissions: frozenset[str]
    ask: Ask
    database: Database
    tables: Mapping[str, str]
    _seen: dict[str, Seen] = field(default_factory=dict)
    _versions: dict[UUID, int] = field(default_factory=dict)

    async def told(self, document: str, variables: Mapping[str, Any]) -> Answer:
        """The answer to an operation; whoever is told to wait waits. Errors: WalkFailed."""
        return await patiently(self.ask, self.token, document, variables)

    async def seen(self, kind: str) -> Seen:
        """Of up to 60 things of a kind, which the caller sees; looked at once."""
        if kind not in self._seen:
            self._seen[kind] = await self._look(kind)
        return self._seen[kind]

    async def stands(self) -> None:
        """See that the session goes on: without one every answer is the same. Errors: WalkFailed."""
        await _permissions(self.ask, self.token)

    def forget(self) -> None:
        """Look again at everything: something has been added."""
        self._seen.clear()

    async def gaps(self, wanted: Sequence[Near | VersionOfNear], turn: int = 0) -> dict[object, Any] | None:
        """What fills these gaps, the ``turn``-th that is seen of each kind; None when the caller sees none of one."""
        found: dict[object, Any] = {}
        for gap in wanted:
            near = (await self.seen(gap.kind)).near
            if not near:
                return None
            id_ = near[turn % len(near)]
            found[gap] = public_id(gap.kind, id_) if isinstance(gap, Near) else self._versions.get(id_, 1)
        return found

    async def _look(self, kind: str) -> Seen:
        table = self.tables[kind]
        ids = await some_ids(self.database, self.tenant_id, table)
        if not ids:
            return Seen((), ())
        self._versions.update(await versions(self.database, self.tenant_id, table, ids))
        answer = await self.told(_SEEN, {"ids": [public_id(kind, id_) for id_ in ids]})
        if codes(answer):
            # Some kinds may be seen but not read in this way: then each is asked for by itself.
            told = [await self.told(_SEEN, {"ids": [public_id(kind, id_)]}) for id_ in ids]
            seen = [bool(codes(each)) or each.value()["data"]["nodes"] != [None] for each in told]
        else:
            seen = [node is not None for node in answer.value()["data"]["nodes"]]
        pairs = list(zip(ids, seen, strict=True))
        return Seen(tuple(id_ for id_, there in pairs if there), tuple(id_ for id_, there in pairs if not there))


async def everybody(
    ask: Ask, database: Database, tables: Mapping[str, str], city: TenantInfo, secret: str
) -> dict[str, Walker]:
    """All accounts of a canary by user name, each with a session that outlasts the walk. Errors: WalkFailed.

    secret: the platform's. The sessions are begun here, not at the door: the walk's own guesses make that one slow.
    """
    signer = Tokens(secret, access_lifetime=_LONGEST_WALK, refresh_lifetime=_LONGEST_WALK)
    arrival = Arrival(SignInMethod.PASSWORD, now(), "isolation", "isolation canary")
    active = select(Account).where(Account.tenant_id == city.id, Account.status == "ACTIVE").order_by(Account.username)
    async with database.write(city.id) as session:
        accounts = await session.scalars(active.with_for_update(key_share=True))
        tokens = {account.username: start(session, signer, account, arrival).access_token for account in accounts}
    return {
        username: Walker(username, city.id, token, await _permissions(ask, token), ask, database, tables)
        for username, token in tokens.items()
    }


async def _permissions(ask: Ask, token: str) -> frozenset[str]:
    """What a session may do. Errors: WalkFailed when it is none."""
    answer = await patiently(ask, token, _VIEWER, {})
    body = answer.value()
    data = body.get("data") if isinstance(body, dict) else None
    if not data or not data["viewer"]:
        raise WalkFailed("nobody is signed in with a session: {body}", body=answer.body.decode(errors="replace"))
    return frozenset(data["viewer"]["permissions"])


async def patiently(ask: Ask, token: str | None, document: str, variables: Mapping[str, Any]) -> Answer:
    """The answer, asked again for as long as the budget says wait. Errors: WalkFailed."""
    for _ in range(_PATIENCE):
        answer = await ask(token, document, variables)
        if "THROTTLED" not in codes(answer):
            return answer
        await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
    raise WalkFailed("the budget never lets this in: {document}", document=document)
