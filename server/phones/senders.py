"""Who carries messages to telephones: a gateway behind a signed webhook or, while developing, the log.

A sender is asked by due work only, never by a request, so a slow one keeps nobody waiting. It raises when it could not
deliver, and is asked again later with the same id.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

import orjson
import structlog

from server.errors import RuleViolation
from server.intake.rules import SECRET_PREFIX, signature
from server.phones.rules import MessageKind, masked_number
from server.settings import Settings, require
from tenants.clock import now

TIMEOUT_SECONDS = 10.0
_FINE = range(200, 300)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message. tenant: slug of the city it is sent for. to: E.164. code: None when it only tells of something."""

    id: UUID
    tenant: str
    kind: MessageKind
    to: str
    code: str | None
    expires_at: datetime


class NotDelivered(Exception):
    """The gateway did not take the message."""


class Sender(Protocol):
    """Carries messages; raises when one could not be delivered."""

    async def send(self, message: Outgoing) -> None:
        """Hand one message over."""


class LogSender:
    """Writes messages into the log: for development, where nobody has a gateway."""

    async def send(self, message: Outgoing) -> None:
        """Show the code, and the number only as far as one's own can be told by it."""
        to = masked_number(message.to)
        # A warning, so that it is there at whatever level a developer logs.
        _log.warning("phone_message", tenant=message.tenant, kind=message.kind.value, to=to, code=message.code)


class NoSender:
    """Refuses: in production a log is no place for codes."""

    async def send(self, message: Outgoing) -> None:  # noqa: ARG002 - the form of every sender
        """Errors: RuleViolation PHONES_SILENT."""
        raise silent()


class WebhookSender:
    """Posts messages to a gateway, signed as Standard Webhooks says; whatever is not a 2xx within ten seconds failed.

    Redirects are not followed: the message is for whom the operator named.
    """

    def __init__(self, url: str, secret: bytes, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._url = urlsplit(url)
        self._secret = secret
        self._timeout_seconds = timeout_seconds

    async def send(self, message: Outgoing) -> None:
        """Errors: NotDelivered, OSError, TimeoutError."""
        at = now()
        body = orjson.dumps(
            {
                "type": "phone.message",
                "timestamp": at.astimezone(UTC).isoformat(),
                "data": {
                    "tenant": message.tenant,
                    "kind": message.kind.value,
                    "to": message.to,
                    "code": message.code,
                    "expiresAt": message.expires_at.astimezone(UTC).isoformat(),
                },
            }
        )
        webhook_id, timestamp = f"msg_{message.id}", str(int(at.timestamp()))
        headers = {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self._secret, webhook_id=webhook_id, timestamp=timestamp, body=body),
        }
        async with asyncio.timeout(self._timeout_seconds):
            status = await asyncio.to_thread(self._post, body, headers)
        if status not in _FINE:
            raise NotDelivered(f"the gateway answered {status}")

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        secure = self._url.scheme == "https"
        host, port = self._url.hostname or "", self._url.port
        connection = (HTTPSConnection if secure else HTTPConnection)(host, port, timeout=self._timeout_seconds)
        target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        try:
            connection.request("POST", target, body, headers)
            return connection.getresponse().status
        except HTTPException as error:
            raise NotDelivered(type(error).__name__) from error
        finally:
            connection.close()


def sender_of(settings: Settings) -> Sender:
    """The sender that the settings name. Errors: SettingsError for a webhook without its secret."""
    if settings.phone_webhook_url is not None:
        secret = require(
            settings.phone_webhook_secret, "CIVICGRID_PHONE_WEBHOOK_SECRET", "the webhook is signed with it"
        )
        return WebhookSender(
            settings.phone_webhook_url, base64.b64decode(secret.get_secret_value().removeprefix(SECRET_PREFIX))
        )
    return LogSender() if settings.environment == "development" else NoSender()


def sends(settings: Settings) -> bool:
    """Whether messages reach anybody at all."""
    return not isinstance(sender_of(settings), NoSender)


def silent() -> RuleViolation:
    """Why nothing is sent on this platform."""
    return RuleViolation(
        "This platform sends no messages to telephones; sign in with a password, or ask its operator for a gateway.",
        code="PHONES_SILENT",
    )
