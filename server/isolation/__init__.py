"""Proof of isolation: every way to name somebody else's thing is tried, and what is answered is compared."""
