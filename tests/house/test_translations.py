"""Every message an expected failure or a fault of a request may carry is there in Chinese, with the same values in it."""

from __future__ import annotations

from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from schema.messages import LANGUAGES
from server.health_checks.rules import _TEXTS, Reason
from tests.house.lints.message_templates import placeholders, templates, untranslated
from tests.house.lints.sources import ROOT

LOCALE = ROOT / "schema" / "locale"
TRANSLATED = [language for language in LANGUAGES if language != "en"]


def _catalog(language: str) -> Catalog:
    with (LOCALE / f"{language.replace('-', '_')}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def _texts(language: str) -> dict[str, str]:
    return {str(entry.id): str(entry.string) for entry in _catalog(language) if entry.id}


def test_every_message_can_be_read_from_the_source() -> None:
    found, unreadable = templates()
    assert unreadable == [], "give the error a literal template; values go into its parameters"
    assert [text for text in found if "\n" in text or text != text.strip()] == []


def test_no_error_speaks_past_the_translations() -> None:
    assert untranslated() == [], "raise a schema.faults.RequestFault, or take the message from schema.messages"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language: str) -> None:
    translated = _texts(language)
    missing = {text: place for text, place in templates()[0].items() if not translated.get(text)}
    entries = "\n\n".join(f'#: {place}\nmsgid {_quoted(text)}\nmsgstr ""' for text, place in missing.items())
    assert not missing, f"to paste into schema/locale and translate:\n\n{entries}\n"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_over(language: str) -> None:
    found = templates()[0]
    assert [text for text in _texts(language) if text not in found] == []
    catalog = _catalog(language)
    assert list(catalog.obsolete) == []
    assert [entry.id for entry in catalog if entry.id and entry.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_holds_the_same_values(language: str) -> None:
    different = [
        text for text, other in _texts(language).items() if other and placeholders(text) != placeholders(other)
    ]
    assert different == []


def test_reasons_read_the_same_in_an_answer_and_in_an_error() -> None:
    translated = _texts("zh-CN")
    raised = {english: chinese for reason, (english, chinese) in _TEXTS.items() if reason is not Reason.ELIGIBLE}
    assert {english: translated.get(english) for english in raised} == raised


def test_templates_name_their_values() -> None:
    """Positions and attribute access would tie a translation to the code behind it."""
    names = {
        name
        for text in templates()[0]
        for _text, name, _format, _conversion in Formatter().parse(text)
        if name is not None
    }
    assert [name for name in sorted(names) if not name.isidentifier()] == []


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
