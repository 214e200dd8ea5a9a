"""Signed webhooks of channels: who it is that speaks, and what is answered.

A stranger learns nothing: an unknown city, an unknown channel, a wrong signature and an old one take the same steps and
have the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.cases.service.policy import policy_of
from server.errors import AppError, Conflict, Invalid, NotFound, Unauthenticated
from server.intake.rules import is_signed
from server.intake.service.deliveries import take_in
from server.intake.service.secrets import SLOTS, secrets_of
from server.intake.service.tracking import NO_CITY
from server.throttle.service import Throttle
from server.transactions import Transactions
from tenants.clock import now
from tenants.context import channel_actor
from tenants.keys import Keyring
from tenants.manifest.intake import Channel
from tenants.manifest.model import Manifest
from tenants.registry import Registry
from tenants.sessions import Database

CREATED, UNAUTHORIZED, CONFLICT, UNPROCESSABLE, TOO_MANY = 201, 401, 409, 422, 429

STRANGERS_POINTS = 20
"""What a webhook costs its address until it has proved whose it is: then they are given back."""

CHANNELS_POINTS = 20
"""What a report costs its channel, about what a mutation costs that asks for the case."""


class TooManyReports(Invalid):
    """The budget does not hold another report now. seconds: until it may; None for never."""

    default_code = "TOO_MANY_REPORTS"

    def __init__(self, seconds: float | None) -> None:
        if seconds is None:
            super().__init__("Too many reports at once: try again a little later.")
        else:
            super().__init__("Too many reports at once: try again in {seconds} seconds.", seconds=math.ceil(seconds))
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and the JSON values of its body. retry_after: seconds, for 429."""

    status: int
    body: Mapping[str, Any]
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as it arrived. peer: the sender's address. headers: by lower-case name."""

    tenant: str
    channel: str
    peer: str
    headers: Mapping[str, str]
    body: bytes
    request_id: str


@dataclass(frozen=True, slots=True)
class Inbox:
    """Takes webhooks of all cities: one of these per web process."""

    database: Database
    registry: Registry
    keyring: Keyring
    transactions: Transactions
    throttle: Throttle

    async def receive(self, delivery: Delivery) -> Answer:
        """The answer: 201 with the case; 401, 409, 422 or 429 with what is wrong, and then nothing was written."""
        try:
            return Answer(CREATED, await self._received(delivery))
        except AppError as error:
            seconds = error.seconds if isinstance(error, TooManyReports) else None
            return Answer(_status(error), refusal(error, delivery.request_id), seconds)

    async def _received(self, delivery: Delivery) -> dict[str, Any]:
        await self._pay(None, delivery.peer, "anonymous", STRANGERS_POINTS)
        tenant_id = await self._speaker(delivery)
        self.throttle.give_back(None, delivery.peer, STRANGERS_POINTS)
        await self._pay(tenant_id, f"channel:{delivery.channel}", "standard", CHANNELS_POINTS)
        manifest = await self.registry.manifest(tenant_id)
        channel = _listed(manifest, delivery.channel)
        actor = channel_actor(tenant_id, name=channel.code, request_id=delivery.request_id)
        async with self.transactions.open(actor) as session:
            taken = await take_in(
                session,
                channel=channel,
                webhook_id=delivery.headers["webhook-id"],
                body=delivery.body,
                policy=policy_of(manifest),
                keyring=self.keyring,
                actor=actor,
            )
        return taken.told()

    async def _pay(self, tenant_id: UUID | None, client: str, plan: str, points: int) -> None:
        admission = await self.throttle.take(tenant_id, client, self.throttle.budgets.of(plan), points)
        if not admission.granted:
            raise TooManyReports(admission.retry_after)

    async def _speaker(self, delivery: Delivery) -> UUID:
        """The city whose channel has signed this now. Raises Unauthenticated."""
        try:
            tenant_id = (await self.registry.by_slug(delivery.tenant)).id
        except NotFound:
            tenant_id = NO_CITY
        found = await secrets_of(self.database, delivery.channel, tenant_id=tenant_id, keyring=self.keyring)
        # As many as a channel can have, of which nobody knows the rest: a channel without any takes as long.
        nobodys = [self.keyring.fingerprint("no-channel-secret", bytes([slot])) for slot in SLOTS]
        headers = delivery.headers
        signed = is_signed(
            [*found, *nobodys][: len(SLOTS)],
            webhook_id=headers.get("webhook-id", ""),
            timestamp=headers.get("webhook-timestamp", ""),
            given=headers.get("webhook-signature", ""),
            body=delivery.body,
            now=now(),
        )
        if not signed:
            raise _refused()
        return tenant_id


def refusal(error: AppError, request_id: str) -> dict[str, Any]:
    """The body that tells of an expected failure."""
    told = {"code": error.code, "field": list(error.field), "message": str(error), "requestId": request_id}
    return {"error": told}


def _status(error: AppError) -> int:
    for kind, status in ((Unauthenticated, UNAUTHORIZED), (Conflict, CONFLICT), (TooManyReports, TOO_MANY)):
        if isinstance(error, kind):
            return status
    return UNPROCESSABLE


def _listed(manifest: Manifest, code: str) -> Channel:
    channel = next((channel for channel in manifest.channels if channel.code == code), None)
    if channel is None:
        raise _refused()
    return channel


def _refused() -> Unauthenticated:
    return Unauthenticated("No channel is known that signed this: check address, secret and clock.")
