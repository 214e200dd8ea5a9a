"""CONTRIBUTING.md shows the code as it is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _fields(text: str) -> set[str]:
    """Every annotated assignment of the text, however it is laid out."""
    return {ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.AnnAssign)}


def test_the_fields_it_shows_are_fields_of_ours() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = guide.partition("## Add a field\n")[2].partition("\n## ")[0]
    (example,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    ours = {field for file in ROOT.glob("schema/*/*.py") for field in _fields(file.read_text(encoding="utf-8"))}
    shown = _fields(example)
    assert len(shown) == len(ast.parse(example).body)
    assert shown - ours == set()
