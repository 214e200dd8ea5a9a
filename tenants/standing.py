"""Where a tenant stands in its life, and what that opens: the words, and the three questions asked about them."""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    """The status of a tenant, in the order in which most go through them."""

    PREPARING = "PREPARING"  # its own staff set it up; strangers do not find it yet
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"  # everything is kept and nobody gets in
    LEAVING = "LEAVING"  # its deletion is confirmed and can still be taken back
    DELETED = "DELETED"  # its rows and keys are gone; the name stays, for nobody else may ever have it


_ADMITTING = frozenset({Standing.PREPARING, Standing.ACTIVE})


def admits(status: str) -> bool:
    """Whether credentials of such a tenant are good, and its staff may sign in."""
    return status in _ADMITTING


def is_public(status: str) -> bool:
    """Whether strangers and residents are served in such a tenant."""
    return status == Standing.ACTIVE


def works(status: str) -> bool:
    """Whether workers do what is due in such a tenant."""
    return status in _ADMITTING
