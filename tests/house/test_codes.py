"""docs/api.md lists every code a client may meet, and no other."""

from __future__ import annotations

import re

from tests.house.lints.codes import codes
from tests.house.lints.sources import ROOT


def _listed() -> set[str]:
    """The codes in the tables of the guide."""
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    sections = re.split(r"^#+ ", text, flags=re.MULTILINE)
    tables = [section for section in sections if section.startswith(("Answers\n", "Codes of use cases\n"))]
    assert len(tables) == 2
    rows = [line for table in tables for line in table.splitlines() if line.startswith("|")]
    return set(re.findall(r"`([A-Z][A-Z_]+)`", "\n".join(rows)))


def test_every_code_is_listed() -> None:
    missing = {code: file for code, file in codes().items() if code not in _listed()}
    assert missing == {}, "add it to docs/api.md, with what the client can do"


def test_no_code_is_listed_that_nobody_gives() -> None:
    assert _listed() - codes().keys() == set()


def test_the_source_is_searched_in_all_its_forms() -> None:
    """A default of a function, of a class, a keyword, a name for a word."""
    assert {"BAD_REQUEST", "NOT_FOUND", "CSRF_PREVENTED", "THROTTLED", "QUERY_TIMEOUT"} <= codes().keys()
