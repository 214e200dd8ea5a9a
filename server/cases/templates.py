"""The settings of a template as a case keeps them from its report on: what the city changes later is for later cases,
unless whoever applies the change says that open ones follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from server.cases.states import CaseStatus, CaseTemplate, Rating, Stamp, Step, Track

_PLAIN = (
    "pool",
    "direct",
    "automatic_accept",
    "rating_window_days",
    "max_reopens",
    "feedback_by_hop",
    "explanation_every_days",
    "publishes",
    "archive_after_days",
)


def settings_of(template: CaseTemplate) -> dict[str, Any]:
    """The settings as JSON, under the names of the fields; ``template_of`` reads them back.

    Track and escalation chain are left out: the one is the case's, the other the city's as it is.
    """
    return {
        "mandatory_steps": sorted(template.mandatory_steps),
        "rating_scale": list(template.rating_scale),
        "dispatcher_roles": sorted(template.dispatcher_roles),
        **{name: getattr(template, name) for name in _PLAIN},
    }


def template_of(settings: Mapping[str, Any], *, track: Track, chain: tuple[str, ...]) -> CaseTemplate:
    """The template of kept settings; a setting that was unknown when they were kept has its default."""
    return _read(orjson.dumps(settings), track, chain)


@lru_cache(maxsize=256)
def _read(kept: bytes, track: Track, chain: tuple[str, ...]) -> CaseTemplate:
    """Most cases of a city began with the same settings."""
    settings = orjson.loads(kept)
    # Templates that were kept before anybody could publish do not say it.
    settings.setdefault("publishes", CaseStatus.PUBLISHED in settings["mandatory_steps"])
    return CaseTemplate(
        track=track,
        mandatory_steps=frozenset(step_of(word) for word in settings["mandatory_steps"]),
        escalation_chain=chain,
        rating_scale=tuple(Rating(word) for word in settings["rating_scale"]),
        dispatcher_roles=frozenset(settings["dispatcher_roles"]),
        **{name: settings[name] for name in _PLAIN if name in settings},
    )


def step_of(word: str) -> Step:
    """The step of that name. Raises ValueError for none."""
    return next((stamp for stamp in Stamp if stamp.value == word), None) or CaseStatus(word)
