"""Public ids in inputs."""

from __future__ import annotations

from uuid import UUID

from tenants.errors import NotFound
from tenants.ids import split_public_id


def row_id(value: str, prefix: str, *, field: str) -> UUID:
    """The row behind a public id; an id of another kind or no id at all is answered like an unknown one."""
    found = split_public_id(value)
    if found is None or found[0] != prefix:
        raise NotFound("No such {thing}.", thing=prefix, field=(field,))
    return found[1]


def optional_row_id(value: str | None, prefix: str, *, field: str) -> UUID | None:
    """The same for an input that may be left out."""
    return None if value is None else row_id(value, prefix, field=field)
