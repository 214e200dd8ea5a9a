"""The manifests that come with the platform: five cities and the platform's own tenant."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent.parent / "manifests"
CITIES = ("daye", "hohhot", "huangshan", "jiamusi", "wuhan")
PLATFORM = "platform"


def text(slug: str) -> str:
    """The YAML text of a shipped manifest; KeyError for any other slug."""
    if slug not in (*CITIES, PLATFORM):
        raise KeyError(slug)
    return (FOLDER / f"{slug}.yaml").read_text(encoding="utf-8")
