"""Where files lie: a directory, or a bucket of any store that speaks S3; through one client for both.

A file lies at ``<tenant>/<yyyy>/<mm>/<id>``, year and month as its id says when it was made (RFC 9562, 5.7), so that its
place follows from its id alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from server.files.links import Variant
from server.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Config

PIECE = 262_144
_PATIENCE = timedelta(seconds=20)
_SUFFIXES = {Variant.FILE: "", Variant.THUMBNAIL: ".thumbnail"}


class StoreAway(Exception):
    """The store cannot be reached, or refuses; try again later."""


class Store:
    """Puts, reads and removes files."""

    def __init__(self, objects: LocalStore | S3Store) -> None:
        self._objects = objects

    async def put(self, key: str, data: bytes) -> None:
        """Keep a file whole, or not at all; one that is there is replaced. Raises StoreAway."""
        with _away():
            await obstore.put_async(self._objects, key, data, use_multipart=False)

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from ``start`` up to ``end``, which is not among them, ``PIECE`` bytes at a time.

        Each piece is asked for when it is wanted: a slow reader keeps nothing open. Raises FileNotFoundError, StoreAway.
        """
        for begin in range(start, end, PIECE):
            with _away():
                piece = await obstore.get_range_async(self._objects, key, start=begin, end=min(begin + PIECE, end))
            yield bytes(piece)

    async def read_all(self, key: str) -> bytes:
        """A whole small file. Raises FileNotFoundError, StoreAway."""
        with _away():
            found = await obstore.get_async(self._objects, key)
            return bytes(await found.bytes_async())

    async def remove(self, key: str) -> None:
        """Remove a file; one that is not there is no fault. Raises StoreAway."""
        with suppress(FileNotFoundError), _away():
            await obstore.delete_async(self._objects, key)


@contextmanager
def _away() -> Iterator[None]:
    """Whatever is wrong with the store, but a file that is not there, as StoreAway."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise StoreAway from error


def key_of(tenant_id: UUID, id_: UUID, variant: Variant = Variant.FILE) -> str:
    """Where the file of a row lies."""
    made = datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)
    return f"{tenant_id}/{made:%Y}/{made:%m}/{id_}{_SUFFIXES[variant]}"


def open_store(settings: Settings) -> Store:
    """The store of CIVICGRID_FILES; by default the directory ``files`` under CIVICGRID_DATA, made if need be."""
    parts = urlsplit(settings.files or "")
    if parts.scheme == "s3":
        return Store(_bucket(settings))
    place = Path(unquote(parts.path)) if parts.scheme == "file" else settings.data / "files"
    place = place.absolute()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Store(LocalStore(place))


def _bucket(settings: Settings) -> S3Store:
    """A bucket with the key of the settings; without one the client looks where its kind looks (environment, machine)."""
    parts = urlsplit(settings.files or "")
    options = dict(parse_qsl(parts.query))
    config: S3Config = {"region": options.get("region", "us-east-1")}
    endpoint = options.get("endpoint")
    if endpoint:
        config["endpoint"] = endpoint
    if settings.files_access_key_id is not None and settings.files_secret_access_key is not None:
        config["access_key_id"] = settings.files_access_key_id
        config["secret_access_key"] = settings.files_secret_access_key.get_secret_value()
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=config,
        client_options={
            "timeout": _PATIENCE,
            "connect_timeout": timedelta(seconds=5),
            "allow_http": bool(endpoint and endpoint.startswith("http://")),
        },
        retry_config={"max_retries": 2, "retry_timeout": _PATIENCE},
    )
