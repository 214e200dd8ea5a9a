"""Which terms stand for a text, when it is stored and when it is looked for (pure).

Under row security neither ILIKE, trigrams nor full text keep their index, because their operators are not leakproof
(PostgreSQL manual, 5.9 and CREATE OPERATOR). Equality of short terms does, so a text is stored as its terms: words of
scripts that have them, pairs of neighboring characters where there are none between words (Han, Kana, Hangul).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

MOST_TERMS = 256
MOST_ASKED = 128
LONGEST_TERM = 64
_UNSPACED = "\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
_WORD = rf"[^\W_{_UNSPACED}]+"
_RUN = re.compile(rf"([{_UNSPACED}]+)|({_WORD}(?:-{_WORD})*)")


def terms_of(texts: Iterable[str], codes: Iterable[str] = ()) -> list[str]:
    """Under what texts and codes (case numbers, grid codes) are to be found: at most 256 terms, each once.

    Of what hyphens join, every end is a term, so that "000123" finds "DAYE-2026-000123"; in texts every part is, too.
    The first character of a run of unspaced script is a term of its own: one character finds what begins with it.
    """
    found: dict[str, None] = {}
    for text in texts:
        for run, word in _runs(text):
            found.update(dict.fromkeys([run[0], *_pairs(run)] if run else [*_ends(word), *word.split("-")]))
    for code in codes:
        for run, word in _runs(code):
            found.update(dict.fromkeys([run[0], *_pairs(run)] if run else _ends(word)))
    return list(dict.fromkeys(term[:LONGEST_TERM] for term in found))[:MOST_TERMS]


def asked_terms(text: str) -> list[str]:
    """The terms that all must stand for whatever a search finds; none for a text without letters and digits."""
    found: dict[str, None] = {}
    for run, word in _runs(text):
        found.update(dict.fromkeys(_pairs(run) or [run] if run else [word]))
    return list(dict.fromkeys(term[:LONGEST_TERM] for term in found))[:MOST_ASKED]


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Runs of unspaced script and words, one of the two empty; width and case are told apart no more."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    else:
        text = text.lower()
    for match in _RUN.finditer(text):
        yield match.group(1) or "", match.group(2) or ""


def _pairs(run: str) -> list[str]:
    return [run[index : index + 2] for index in range(len(run) - 1)]


def _ends(word: str) -> Iterator[str]:
    yield word
    while (cut := word.find("-")) >= 0:
        word = word[cut + 1 :]
        yield word
