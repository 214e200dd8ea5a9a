"""How long a city keeps the personal parts of what has ended, and what holds that up (T25, P-13)."""
