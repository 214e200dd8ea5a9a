"""What providers say of themselves: discovery documents and keys, kept in memory.

Each is read once at a time however many wait for it. Keys are read anew every ten minutes, and when a token names one that
is not there, but for that at most once a minute, whatever is sent. While a provider is down its last good answer stands, for
a day at most; whoever has none is told at once, for some seconds after each failure.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import structlog

from server.identity_providers.fetching import Fetcher, Unreachable
from server.identity_providers.id_tokens import Header, Key, Keys, keys_of

KEYS_FRESH = 600.0
METADATA_FRESH = 3_600.0
UNKNOWN_KEY_PAUSE = 60.0

_KEPT_FOR = 86_400.0
_PAUSE, _PAUSE_WITH_LAST_GOOD = 5.0, 60.0
_OK = 200
_PATH = "/.well-known/openid-configuration"

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Metadata:
    """A provider's discovery document, as far as it counts here (OpenID Connect Discovery 1.0, 3).

    names_itself: whether its answers to the browser carry ``iss`` (RFC 9207).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    secret_in_form: bool
    names_itself: bool


@dataclass(slots=True)
class _Kept(Generic[_T]):
    """A last good answer, and when it was read and last asked for, on the monotonic clock."""

    value: _T | None = None
    read_at: float = float("-inf")
    tried_at: float = float("-inf")
    asked_for_key_at: float = float("-inf")


class Directory:
    """The providers that one process has met; their number is that of the issuers in manifests."""

    def __init__(self, fetcher: Fetcher, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher
        self._ticks = ticks
        self._metadata: dict[str, _Kept[Metadata]] = {}
        self._keys: dict[str, _Kept[Keys]] = {}
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def metadata(self, issuer: str) -> Metadata:
        """What a provider says of itself. Raises Unreachable."""
        kept = self._metadata.setdefault(issuer, _Kept())
        return await self._current(kept, ("metadata", issuer), METADATA_FRESH, lambda: self._read_metadata(issuer))

    async def find_key(self, issuer: str, header: Header) -> Key | None:
        """The provider's key that a token names; None when it has none such. Raises Unreachable."""
        kept, name = self._keys.setdefault(issuer, _Kept()), ("keys", issuer)
        keys = await self._current(kept, name, KEYS_FRESH, lambda: self._read_keys(issuer))
        found = keys.find(header)
        if found is not None:
            return found
        now = self._ticks()
        if name not in self._under_way and now - kept.asked_for_key_at < UNKNOWN_KEY_PAUSE:
            return None
        kept.asked_for_key_at = now
        await self._once(name, kept, lambda: self._read_keys(issuer))
        return None if kept.value is None else kept.value.find(header)

    async def close(self) -> None:
        """Wait for what is being read."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        await self._fetcher.close()

    async def _current(
        self, kept: _Kept[_T], name: tuple[str, str], fresh: float, read: Callable[[], Coroutine[Any, Any, _T]]
    ) -> _T:
        age, pause = self._ticks() - kept.read_at, _PAUSE if kept.value is None else _PAUSE_WITH_LAST_GOOD
        if kept.value is not None and age < fresh:
            return kept.value
        if name in self._under_way or self._ticks() - kept.tried_at >= pause:
            await self._once(name, kept, read)
        if kept.value is None or self._ticks() - kept.read_at >= _KEPT_FOR:
            raise Unreachable(f"nothing good is known of {name[1]}")
        return kept.value

    async def _once(self, name: tuple[str, str], kept: _Kept[_T], read: Callable[[], Coroutine[Any, Any, _T]]) -> None:
        """Read, or wait for the reading under way; it goes on when who waits leaves. A failure leaves what is kept."""
        task = self._under_way.get(name)
        if task is None:
            task = asyncio.create_task(self._renew(kept, read), name=f"{name[0]} of {name[1]}")
            self._under_way[name] = task
            task.add_done_callback(partial(self._done, name))
        await asyncio.shield(task)

    async def _renew(self, kept: _Kept[_T], read: Callable[[], Coroutine[Any, Any, _T]]) -> None:
        try:
            kept.value = await read()
            kept.read_at = self._ticks()
        except Unreachable as error:
            _log.warning("identity_provider_unreachable", reason=str(error))
        finally:
            kept.tried_at = self._ticks()

    def _done(self, name: tuple[str, str], task: asyncio.Task[None]) -> None:
        self._under_way.pop(name, None)
        if not task.cancelled():
            task.exception()  # told to whoever waited

    async def _read_metadata(self, issuer: str) -> Metadata:
        document = await self._read(issuer.rstrip("/") + _PATH, issuer)
        if document.get("issuer") != issuer:
            raise Unreachable(f"{issuer} says it is another")
        methods = document.get("code_challenge_methods_supported")
        if methods is not None and (not isinstance(methods, list) or "S256" not in methods):
            raise Unreachable(f"{issuer} does not know S256")
        found = {
            name: self._address(document, name, issuer)
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        }
        shown = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Metadata(
            issuer=issuer,
            **found,
            secret_in_form=isinstance(shown, list) and "client_secret_basic" not in shown,
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )

    def _address(self, document: Mapping[str, Any], name: str, issuer: str) -> str:
        address = document.get(name)
        if not isinstance(address, str):
            raise Unreachable(f"{issuer} has no {name}")
        self._fetcher.check(address, issuer=issuer)
        return address

    async def _read_keys(self, issuer: str) -> Keys:
        metadata = await self.metadata(issuer)
        return keys_of(await self._read(metadata.jwks_uri, issuer))

    async def _read(self, url: str, issuer: str) -> Mapping[str, Any]:
        answered = await self._fetcher.get(url, issuer=issuer)
        if answered.status != _OK:
            raise Unreachable(f"{answered.status} of {url}")
        return answered.document
