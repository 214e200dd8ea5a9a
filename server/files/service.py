"""What a process has of files."""

from __future__ import annotations

from dataclasses import dataclass

from server.files.links import Links
from server.files.store import Store, open_store
from server.settings import Settings


@dataclass(frozen=True, slots=True)
class Files:
    """The store, the links to it, and how many bytes one file may have."""

    store: Store
    links: Links
    most: int


def files_of(settings: Settings, secret: str) -> Files:
    """The files of a web process."""
    return Files(open_store(settings), Links(secret), settings.attachment_bytes)
