"""What it means that a text holds words, read off the promise to clients; no index, no terms."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import groupby

LONGEST = 100
_UNSPACED = (
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3041, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0x20000, 0x3FFFF),
)
Run = tuple[bool, str]


def runs(text: str) -> list[Run]:
    """Runs of script without spaces (True) and words (False, with the hyphens within them), lower case, one width."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    found: list[Run] = []
    for kind, letters in groupby(folded, _kind):
        run = "".join(letters)
        if kind == "unspaced":
            found.append((True, run))
        elif kind == "word":
            found += [(False, word) for word in _words(run)]
    return found


def holds(texts: list[str], codes: list[str], asked: str) -> bool:
    """Whether everything asked for is found.

    A word is found as a whole, or as the end of what hyphens join; in texts, not in codes, also as a part of it. Script
    without spaces is found by its pairs of neighbors, and one character by what begins with it.
    """
    spaced = [word for text in [*texts, *codes] for unspaced, word in runs(text) if not unspaced]
    parts = {part for text in texts for unspaced, word in runs(text) if not unspaced for part in word.split("-")}
    scripts = [run for text in [*texts, *codes] for unspaced, run in runs(text) if unspaced]
    for unspaced, run in runs(asked):
        if unspaced and len(run) == 1:
            found = any(script.startswith(run) for script in scripts)
        elif unspaced:
            found = all(any(pair in script for script in scripts) for pair in _pairs(run))
        else:
            found = run in parts or any(word == run or word.endswith(f"-{run}") for word in spaced)
        if not found:
            return False
    return True


def _pairs(run: str) -> Iterator[str]:
    return (run[index : index + 2] for index in range(len(run) - 1))


def _kind(character: str) -> str:
    if any(low <= ord(character) <= high for low, high in _UNSPACED):
        return "unspaced"
    return "word" if character.isalnum() or character == "-" else "other"


def _words(run: str) -> list[str]:
    """Words of a run of letters, digits and hyphens: only a single hyphen between two words joins them."""
    words: list[str] = []
    joined: list[str] = []
    for part in run.split("-"):
        if part:
            joined.append(part)
        elif joined:
            words.append("-".join(joined))
            joined = []
    return [*words, "-".join(joined)] if joined else words
