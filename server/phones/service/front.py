"""Telephones for a whole web process: what clients ask of them, at this moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.accounts.rules import device_label
from server.accounts.sessions import SignedIn
from server.phones.senders import silent
from server.phones.service.changing import NumberChange
from server.phones.service.signing_in import Asked, Candidate, PhoneDoor, Shown
from tenants import clock
from tenants.context import Actor


@dataclass(frozen=True, slots=True)
class Phones:
    """One of these per web process. sends: whether messages reach anybody; without, whatever needs one is refused."""

    door: PhoneDoor
    change: NumberChange
    sends: bool
    now: Callable[[], datetime] = clock.now

    async def request_code(self, *, tenant_slug: str, phone: str, peer: str, request_id: str) -> None:
        """Have a code to sign in with sent. Errors: as ``PhoneDoor.ask``, RuleViolation PHONES_SILENT."""
        self._require_sender()
        await self.door.ask(Asked(tenant_slug, phone, peer, request_id, self.now()))

    async def sign_in(
        self,
        *,
        tenant_slug: str,
        phone: str,
        code: str,
        resident_id: UUID | None = None,
        authenticator: str | None = None,
        request_id: str,
        peer: str = "",
        user_agent: str = "",
    ) -> SignedIn | tuple[Candidate, ...]:
        """Start a session, or ask who of a household it is. Errors: as ``PhoneDoor.sign_in``."""
        return await self.door.sign_in(
            Shown(
                tenant_slug=tenant_slug,
                phone=phone,
                code=code,
                resident_id=resident_id,
                authenticator=authenticator,
                peer=peer,
                device=device_label(user_agent),
                request_id=request_id,
                now=self.now(),
            )
        )

    async def begin_change(self, *, phone: str, actor: Actor, peer: str) -> None:
        """Have a code sent to the actor's new number. Errors: as ``NumberChange.ask``, RuleViolation PHONES_SILENT."""
        self._require_sender()
        await self.change.ask(phone, actor=actor, peer=peer, now=self.now())

    async def confirm_change(self, *, phone: str, code: str, actor: Actor, peer: str) -> None:
        """Make the new number the actor's. Errors: as ``NumberChange.confirm``."""
        await self.change.confirm(phone, code, actor=actor, peer=peer, now=self.now())

    def _require_sender(self) -> None:
        if not self.sends:
            raise silent()
