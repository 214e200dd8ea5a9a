"""Asking a provider over HTTP, bounded in time and size, following no redirect.

What a provider names beside its own address (another host for its keys, say) must be public: a discovery document is no
way to reach into the operator's network. The address is looked up once and used as it was checked.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx

MAXIMUM_BYTES = 262_144
SECONDS = 5.0

_HTTPS = 443
_LONGEST_ADDRESS = 500


class Unreachable(Exception):
    """The provider did not answer, or not as one does. The text is for the log; it holds no secret."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a provider answered: status and JSON object."""

    status: int
    document: Mapping[str, Any]


class Fetcher:
    """The connections of one process to providers.

    production: only https, also on this very machine. seconds: for a whole exchange, however slowly it drips.
    """

    def __init__(self, *, production: bool, seconds: float = SECONDS) -> None:
        self._production = production
        self._seconds = seconds
        self._client: httpx.AsyncClient | None = None

    async def get(self, url: str, *, issuer: str) -> Answered:
        """Read a document. Raises Unreachable."""
        return await self._ask(httpx.Request("GET", url), issuer)

    async def post(self, url: str, form: str, headers: Mapping[str, str], *, issuer: str) -> Answered:
        """Send a form. Raises Unreachable."""
        sent = {"content-type": "application/x-www-form-urlencoded", **headers}
        return await self._ask(httpx.Request("POST", url, content=form.encode(), headers=sent), issuer)

    def check(self, url: str, *, issuer: str) -> None:
        """Raise Unreachable for an address that is neither the issuer's own nor https."""
        parts, own = urlsplit(url), urlsplit(issuer)
        same = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        if len(url) > _LONGEST_ADDRESS or parts.username is not None or not parts.hostname or parts.fragment:
            raise Unreachable("an address is malformed")
        if parts.scheme != "https" and (self._production or not same or parts.scheme != "http"):
            raise Unreachable("an address is not https")

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, request: httpx.Request, issuer: str) -> Answered:
        try:
            self.check(str(request.url), issuer=issuer)
            client = await self._connected()
            async with asyncio.timeout(self._seconds):
                return await _exchanged(client, await _pinned(request, issuer))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, ValueError, RecursionError) as error:
            raise Unreachable(f"{type(error).__name__} at {request.url.host}") from error

    async def _connected(self) -> httpx.AsyncClient:
        await asyncio.to_thread(_trusted)  # reading the authorities takes longer than a request
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=_trusted(),
                follow_redirects=False,
                trust_env=False,
                timeout=self._seconds,
                # None is kept open: two providers behind one address would share it, checked for one of them.
                limits=httpx.Limits(max_connections=20, max_keepalive_connections=0),
            )
        return self._client


async def _exchanged(client: httpx.AsyncClient, request: httpx.Request) -> Answered:
    # A compressed answer could unfold to any size; none was asked for.
    request.headers["accept-encoding"] = "identity"
    request.headers["accept"] = "application/json"
    response = await client.send(request, stream=True)
    try:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Unreachable("an answer is compressed")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAXIMUM_BYTES:
                raise Unreachable("an answer is too large")
    finally:
        await response.aclose()
    document = json.loads(bytes(body))
    if not isinstance(document, dict):
        raise Unreachable("an answer is no JSON object")
    return Answered(response.status_code, document)


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities this machine trusts (SSL_CERT_FILE, SSL_CERT_DIR)."""
    return ssl.create_default_context()


async def _pinned(request: httpx.Request, issuer: str) -> httpx.Request:
    """The request to the issuer's own place as it is; to any other at the public address that its name stands for."""
    if urlsplit(str(request.url)).netloc == urlsplit(issuer).netloc:
        return request
    host = request.url.host
    found = await asyncio.get_running_loop().getaddrinfo(
        host, request.url.port or _HTTPS, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )
    addresses = [str(each[4][0]) for each in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise Unreachable(f"{host} is not public")
    # The client connects to the address; the provider sees its name, and its certificate is checked for it.
    pinned = httpx.Request(
        request.method,
        request.url.copy_with(host=addresses[0]),
        headers=request.headers,
        content=request.content,
        extensions={"sni_hostname": host},
    )
    pinned.headers["host"] = request.headers["host"]
    return pinned


def is_public(address: str) -> bool:
    """Whether an address belongs to the public Internet, also when it wraps an older one."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        wrapped = (found.ipv4_mapped, found.sixtofour, None if found.teredo is None else found.teredo[1])
        found = next((inner for inner in wrapped if inner is not None), found)
    return found.is_global and not found.is_multicast
