"""Reading a manifest: either a manifest, or every fault of the document at once, each with its path."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from tenants.errors import Invalid
from tenants.manifest import (
    applications,
    calendar_checks,
    identity_provider,
    intake,
    keeping,
    people_checks,
    place_checks,
)
from tenants.manifest.default_roles import with_defaults
from tenants.manifest.model import Manifest
from tenants.manifest.pointers import Fault, pointer
from tenants.manifest.reader import read

__all__ = ["Fault", "ManifestInvalid", "parse"]

Check = Callable[..., Iterator[Fault]]

# A check names in its parameters the sections it reads; it runs when all of them are whole.
CHECKS: tuple[Check, ...] = (
    place_checks.time_zone_faults,
    place_checks.language_faults,
    place_checks.kind_faults,
    place_checks.level_faults,
    place_checks.level_kind_faults,
    place_checks.chain_faults,
    place_checks.escalation_chain_faults,
    place_checks.grid_faults,
    place_checks.containment_faults,
    place_checks.city_faults,
    people_checks.role_faults,
    people_checks.needed_role_faults,
    people_checks.second_factor_faults,
    identity_provider.provider_faults,
    people_checks.category_faults,
    people_checks.template_faults,
    people_checks.ladder_faults,
    people_checks.star_faults,
    people_checks.health_check_faults,
    calendar_checks.week_faults,
    calendar_checks.day_faults,
    calendar_checks.make_up_faults,
    calendar_checks.organization_faults,
    calendar_checks.working_time_faults,
    applications.client_faults,
    intake.channel_faults,
    intake.routing_faults,
    keeping.retention_faults,
)

# Sections a document must have, so that the others can be read when one of these is broken.
_STAND_INS = {"version": 1, "identity": {"slug": "unknown", "name": {"zh-CN": "?", "en": "?"}}}


class ManifestInvalid(Invalid):
    """The document is no manifest. ``faults`` lists everything wrong, in the order of their paths."""

    default_code = "MANIFEST_INVALID"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("The manifest has {count} fault(s).", count=len(faults))
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(str(fault) for fault in self.faults)])


def parse(document: str | Mapping[str, Any]) -> Manifest:
    """The manifest of a YAML or JSON text, or of plain values such as ``Manifest.document()``.

    Raises ManifestInvalid with every fault: of the text, of the form, and of the sections whose form is whole.
    """
    values, unreadable = _plain(document)
    if unreadable:
        raise ManifestInvalid(unreadable)
    filled = {**values, "roles": with_defaults(values.get("roles"))}
    try:
        manifest = Manifest.model_validate_json(json.dumps(filled))
    except ValidationError as error:
        form = [_described(details) for details in error.errors(include_url=False, include_context=False)]
        raise ManifestInvalid(_ordered([*form, *_meaning(_whole_sections(filled, error))])) from None
    faults = _meaning({name: getattr(manifest, name) for name in Manifest.model_fields})
    if faults:
        raise ManifestInvalid(_ordered(faults))
    return manifest


def _plain(document: str | Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    values: object = document
    if isinstance(document, str):
        values, unreadable = read(document)
        if unreadable:
            return {}, unreadable
    try:
        # The round trip makes every key a string and every tuple a list, and refuses what JSON cannot say.
        plain = json.loads(json.dumps(values, allow_nan=False).encode("ascii"))
    except (TypeError, ValueError, RecursionError):
        return {}, [Fault("", "the document holds values that JSON cannot say")]
    if not isinstance(plain, dict):
        return {}, [Fault("", "the document is not a mapping")]
    return plain, []


def _described(details: Any) -> Fault:
    messages = {"extra_forbidden": "unknown key", "missing": "required"}
    return Fault(pointer(*_steps(details["loc"])), messages.get(details["type"], str(details["msg"])))


def _steps(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    # Pydantic ends the location of a faulty mapping key with this marker; the key itself is the place.
    return tuple(step for step in location if step != "[key]")


def _whole_sections(filled: Mapping[str, Any], error: ValidationError) -> dict[str, Any]:
    broken = {details["loc"][0] for details in error.errors(include_url=False) if details["loc"]}
    whole = {name: value for name, value in filled.items() if name not in broken}
    manifest = Manifest.model_validate_json(json.dumps({**_STAND_INS, **whole}))
    return {name: getattr(manifest, name) for name in Manifest.model_fields if name not in broken}


def _meaning(sections: Mapping[str, Any]) -> list[Fault]:
    found: list[Fault] = []
    for check in CHECKS:
        names = [name for name in check.__annotations__ if name != "return"]
        if all(name in sections for name in names):
            found.extend(check(*(sections[name] for name in names)))
    return found


def _ordered(faults: list[Fault]) -> list[Fault]:
    return sorted(
        set(faults), key=lambda fault: [_sortable(step) for step in fault.path.split("/")] + [(2, 0, fault.message)]
    )


def _sortable(step: str) -> tuple[int, int, str]:
    return (0, int(step), "") if step.isdigit() else (1, 0, step)
