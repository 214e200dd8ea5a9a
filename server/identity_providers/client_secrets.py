"""The secrets by which cities are known at their providers: one file each, read anew at each use.

The files lie in one directory under ``<slug of the city>.<name>``: no manifest can name another city's secret.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

_LONGEST = 4_096


@dataclass(frozen=True, slots=True)
class ClientSecrets:
    """The secrets of one process. directory: None when the operator keeps none."""

    directory: Path | None

    async def find(self, tenant_slug: str, name: str) -> str | None:
        """A city's secret of that name; None when there is none."""
        if self.directory is None:
            return None
        return await asyncio.to_thread(_read, self.directory / f"{tenant_slug}.{name}")


def _read(file: Path) -> str | None:
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(_LONGEST).strip() or None
    except (OSError, UnicodeDecodeError):
        return None
