"""How long a link code is good for, and how many cities one person has (pure)."""

from __future__ import annotations

from datetime import timedelta

GOOD_FOR = timedelta(minutes=10)
MOST_CITIES = 20
