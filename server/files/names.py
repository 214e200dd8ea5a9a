"""Names of files as people and browsers can bear them."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from server.files.kinds import EXTENSIONS, MediaType

LONGEST_NAME = 255
_KEPT = 120
_HIDDEN = frozenset(
    {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
)  # controls, directions, halves, the unassigned, line ends
_UNFIT = frozenset('<>:"|?*')


def tidy(name: str, kind: MediaType) -> str | None:
    """The last part of a name, without what cannot be seen or turns text around, with its type's extension.

    None when nothing is left. At most ``_KEPT`` characters stay of the part before the extension.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join("_" if each in _UNFIT else each for each in last if unicodedata.category(each) not in _HIDDEN)
    words = " ".join(seen.split()).strip(". ")
    stem, extension = _parted(words, kind)
    stem = stem[:_KEPT].strip(". ")
    return f"{stem}{extension}" if stem else None


def disposition(name: str) -> str:
    """The value of Content-Disposition for saving a file under this name (RFC 6266, RFC 8187)."""
    plain = "".join(each if each.isascii() and each not in '"\\%' else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _parted(name: str, kind: MediaType) -> tuple[str, str]:
    for extension in EXTENSIONS[kind]:
        if name.lower().endswith(extension):
            return name[: -len(extension)], extension
    return name, EXTENSIONS[kind][0]
