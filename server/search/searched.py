"""Which columns can be searched. Names of residents cannot: they are found by their place or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.search.terms import terms_of


@dataclass(frozen=True, slots=True)
class Searched:
    """The searched columns of a table: texts, and codes that nobody looks for by their beginning."""

    texts: tuple[str, ...]
    codes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.texts, *self.codes)

    def terms(self, row: Mapping[str, Any]) -> list[str]:
        """Under what a row, by its columns, is to be found."""
        return terms_of([row[column] for column in self.texts], [row[column] for column in self.codes])


SEARCHED: Mapping[str, Searched] = {
    "activity": Searched(("title",)),
    "case": Searched(("title",), ("number",)),
    "grid": Searched(("name",), ("code",)),
    "member": Searched(("name",)),
    "organization": Searched(("name",)),
    "volunteer": Searched(("name",)),
}
