"""What applying a manifest would change, item by item. Pure: two manifests in, a list of changes out.

Items are matched by their code, slug, track or date, never by their place, so moving a line changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tenants.manifest.effects import effect_of
from tenants.manifest.model import Manifest
from tenants.manifest.pointers import pointer

# The key that tells the items of a list apart, by the list's own name.
_KEYS = {
    "calendars": "organization",
    "case_categories": "code",
    "case_templates": "track",
    "chains": "code",
    "channels": "code",
    "clients": "code",
    "health_check_policies": "effective_from",
    "holidays": "date",
    "kinds": "code",
    "levels": "code",
    "make_up_days": "date",
    "organization_kinds": "code",
    "roles": "slug",
    "staffing": "capacity",
}


class ChangeAction(StrEnum):
    """What happens to the thing at a path."""

    ADD = "ADD"
    CHANGE = "CHANGE"
    REMOVE = "REMOVE"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    path: like a JSON pointer, with an item's code where the document has an index. before, after: JSON values, None
    where there is none. effect: a plain sentence about what applying does.
    """

    path: str
    action: ChangeAction
    before: Any
    after: Any
    effect: str


def plan(old: Manifest | None, new: Manifest) -> tuple[Change, ...]:
    """Every change from old to new in the order of the document; empty when nothing would change.

    Without an old manifest: one change that creates the tenant, and one per section.
    """
    after = new.document()
    if old is None:
        created = Change("", ChangeAction.ADD, None, new.slug, f"Creates the tenant {new.slug}.")
        sections = (_change((name,), ChangeAction.ADD, None, value) for name, value in after.items() if value)
        return (created, *sections)
    return tuple(_compare((), _keyed(old.document()), _keyed(after)))


def _compare(path: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key in (*before, *(key for key in after if key not in before)):
        here = (*path, key)
        if key not in after:
            yield _change(here, ChangeAction.REMOVE, before[key], None)
        elif key not in before:
            yield _change(here, ChangeAction.ADD, None, after[key])
        elif isinstance(before[key], dict) and isinstance(after[key], dict):
            yield from _compare(here, before[key], after[key])
        elif before[key] != after[key]:
            yield _change(here, ChangeAction.CHANGE, before[key], after[key])


def _change(path: tuple[str, ...], action: ChangeAction, before: Any, after: Any) -> Change:
    return Change(pointer(*path), action, before, after, effect_of(path, action.value, before, after))


def _keyed(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _keyed(item, key) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    if name == "permissions":
        return dict.fromkeys(value, True)
    key = _KEYS.get(name)
    if key is None or not all(isinstance(item, dict) for item in value):
        # Lists of plain words (the levels of a chain, the kinds at a level) are compared whole: their order counts.
        return value
    return {item[key]: _keyed(item) for item in value}
