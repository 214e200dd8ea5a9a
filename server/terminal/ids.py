"""Ids on the command line: as the API shows them, or bare."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import typer

from tenants.ids import split_public_id


def id_of(prefix: str) -> Callable[[str], UUID]:
    """Reads ``member_01a2…`` and the UUID alone. What is neither, or of another kind, is wrong use (exit code 2)."""

    def read(value: str) -> UUID:
        split = split_public_id(value)
        if split is not None and split[0] == prefix:
            return split[1]
        try:
            return UUID(value)
        except ValueError:
            raise typer.BadParameter(f"{value[:80]!r} is no id of this kind: {prefix}_… as the API shows it.") from None

    return read
