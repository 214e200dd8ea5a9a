"""Links to files: signed (HMAC-SHA-256), short-lived, good for one thing.

A link is a path of this service, so that it holds at whatever address the service is reached. What it allows stands in
it and is bound by the signature: an altered, an expired and a foreign link are one and the same nothing.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode
from uuid import UUID

from server.files.kinds import MediaType
from tenants import clock
from tenants.keys import derive

UPLOADS, DOWNLOADS = "/uploads", "/files"
UPLOAD_LIFETIME = timedelta(minutes=15)
DOWNLOAD_LIFETIME = timedelta(minutes=5)
_NUMBER = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)


class Variant(StrEnum):
    """What of an attachment is downloaded."""

    FILE = "file"
    THUMBNAIL = "thumbnail"


@dataclass(frozen=True, slots=True)
class Upload:
    """Leave to send one file. size: bytes, exactly. expires_at: aware, whole seconds."""

    tenant_id: UUID
    id: UUID
    account_id: UUID
    kind: MediaType
    size: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Download:
    """Leave to fetch a file, or its thumbnail."""

    tenant_id: UUID
    id: UUID
    variant: Variant


class Links:
    """Makes and opens the links of one installation."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "file-links")

    def upload(self, leave: Upload) -> str:
        """The one-time address to PUT a file to."""
        values = {
            "account": str(leave.account_id),
            "bytes": str(leave.size),
            "type": leave.kind.value,
            "expires": str(int(leave.expires_at.timestamp())),
        }
        return self._signed(f"{UPLOADS}/{leave.tenant_id}/{leave.id}", values)

    def download(self, leave: Download) -> str:
        """An address to GET a file from, for ``DOWNLOAD_LIFETIME`` and up to a minute; the same all that minute."""
        minute = int(clock.now().timestamp()) // 60 + 1
        expires = minute * 60 + int(DOWNLOAD_LIFETIME.total_seconds())
        path = f"{DOWNLOADS}/{leave.tenant_id}/{leave.id}/{leave.variant}"
        return self._signed(path, {"expires": str(expires)})

    def open_upload(self, path: str, query: Mapping[str, str]) -> Upload | None:
        """What an upload's address allows now; None for one that was not made here or is over."""
        expires_at = self._until(path, query, {"account", "bytes", "type"})
        if expires_at is None:
            return None
        tenant_id, id_ = path.removeprefix(f"{UPLOADS}/").split("/")
        account, size, kind = UUID(query["account"]), int(query["bytes"]), MediaType(query["type"])
        return Upload(UUID(tenant_id), UUID(id_), account, kind, size, expires_at)

    def open_download(self, path: str, query: Mapping[str, str]) -> Download | None:
        """What a download's address allows now; None for one that was not made here or is over."""
        if self._until(path, query, set()) is None:
            return None
        tenant_id, id_, variant = path.removeprefix(f"{DOWNLOADS}/").split("/")
        return Download(UUID(tenant_id), UUID(id_), Variant(variant))

    def _signed(self, path: str, values: Mapping[str, str]) -> str:
        return f"{path}?{urlencode({**values, 'signature': self._signature(path, values)})}"

    def _signature(self, path: str, values: Mapping[str, str]) -> str:
        told = urlencode(sorted(values.items()), errors="replace")
        digest = hmac.digest(self._key, f"{path}?{told}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")

    def _until(self, path: str, query: Mapping[str, str], names: set[str]) -> datetime | None:
        """When a link ends, if it is ours with exactly these values, and not over."""
        values = {name: value for name, value in query.items() if name != "signature"}
        given = query.get("signature", "")
        if values.keys() != names | {"expires"} or not given.isascii() or not path.isascii():
            return None
        if not hmac.compare_digest(given, self._signature(path, values)) or not _NUMBER.fullmatch(values["expires"]):
            return None
        expires_at = datetime.fromtimestamp(int(values["expires"]), UTC)
        return expires_at if clock.now() < expires_at else None
