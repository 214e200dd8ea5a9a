"""Figures go to standard output, one JSON line each; everything said on the way goes to standard error."""

from __future__ import annotations

import sys
from typing import Any

import orjson


def say(line: str) -> None:
    """Tell whoever waits what is under way."""
    print(line, file=sys.stderr, flush=True)


def figure(**values: Any) -> None:
    """Print one comparison."""
    print(orjson.dumps(values).decode(), flush=True)
