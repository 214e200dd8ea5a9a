"""Files small enough to be read whole, and named after what they hold."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from tests.house.lints.sources import PRODUCT, PROOF, ROOT, files

LONGEST = 400
LONGEST_TEST = 600
MEDIAN = 120
SAYS_NOTHING = {"base", "common", "helper", "helpers", "misc", "shared", "stuff", "util", "utils"}


def _lines(file: Path) -> int:
    return len((ROOT / file).read_text(encoding="utf-8").splitlines())


def test_no_file_is_longer_than_can_be_read_whole() -> None:
    long = {str(file): _lines(file) for file in files(*PRODUCT, "bench") if _lines(file) > LONGEST}
    assert long == {}
    assert {str(file): _lines(file) for file in files("tests") if _lines(file) > LONGEST_TEST} == {}


def test_most_files_are_short() -> None:
    assert median(_lines(file) for file in files(*PRODUCT) if file.name != "__init__.py") < MEDIAN


def test_names_say_what_is_inside() -> None:
    assert [str(file) for file in files(*PRODUCT, *PROOF) if set(file.with_suffix("").parts) & SAYS_NOTHING] == []


def test_a_room_says_what_it_owns_and_nothing_else() -> None:
    """A package's __init__ is its docstring: importing a room runs nothing."""
    rooms = [file for file in files(*PRODUCT) if file.name == "__init__.py"]
    assert len(rooms) > 20
    busy = [str(file) for file in rooms if not _is_docstring((ROOT / file).read_text(encoding="utf-8"))]
    assert busy == []


def test_every_folder_of_a_room_is_a_package() -> None:
    folders = {file.parent for file in files(*PRODUCT)}
    assert sorted(str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()) == []


def test_readme_can_be_read_in_five_minutes() -> None:
    assert _lines(Path("README.md")) < 150


def _is_docstring(source: str) -> bool:
    text = source.strip()
    return text.startswith('"""') and text.endswith('"""') and text.count('"""') == 2
