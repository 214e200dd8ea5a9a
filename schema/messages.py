"""Messages in the client's language: English templates are the keys, catalogs are gettext .po files beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

from babel.messages.pofile import read_po
from graphql import GraphQLError

from schema.faults import RequestFault
from schema.unspoken import without_values

LANGUAGES = ("en", "zh-CN")
_LOCALE = Path(__file__).parent / "locale"


class Templated(Protocol):
    """An error whose message is a template: AppError, ``schema.faults.RequestFault``, BadRequest."""

    @property
    def template(self) -> str:
        """The English message, the key of its translations."""

    @property
    def params(self) -> Mapping[str, object]:
        """The values named in it."""


def message_of(error: Templated, language: str) -> str:
    """The error's message in a language; English when there is no translation."""
    template = _catalog(language).get(error.template, error.template)
    return template.format(**error.params) if error.params else template


def words_of(error: GraphQLError, language: str) -> str:
    """The message of any GraphQL error: ours in a language, graphql-core's own in English and without values."""
    for found in (error, error.original_error):
        if isinstance(found, RequestFault):
            return message_of(found, language)
    return without_values(error.message)


@lru_cache(maxsize=256)
def choose(accept_language: str | None) -> str:
    """The best of our languages for an Accept-Language header (RFC 9110, 12.5.4); English unless Chinese is wanted."""
    best, best_weight = "en", 0.0
    for part in (accept_language or "").split(",")[:20]:
        tag, _, parameters = part.strip().partition(";")
        language = "zh-CN" if tag.lower().startswith("zh") else "en" if tag.lower().startswith("en") else None
        weight = _weight(parameters)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


@cache
def _catalog(language: str) -> dict[str, str]:
    path = _LOCALE / f"{language.replace('-', '_')}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        catalog = read_po(file)
    return {str(entry.id): str(entry.string) for entry in catalog if entry.id and entry.string}
