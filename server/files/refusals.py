"""Why a file is not let in."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Stable words for programs.

    TYPE_MISMATCH: the content is not of the type that was announced, or of none that is let in. UNREADABLE: it cannot
    be read as what it is. TOO_MANY_PIXELS: the picture would unfold to more than is held. AMBIGUOUS: it is another file
    at the same time.
    """

    TYPE_MISMATCH = "TYPE_MISMATCH"
    UNREADABLE = "UNREADABLE"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    AMBIGUOUS = "AMBIGUOUS"


class Refused(Exception):
    """A file that is not let in."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
