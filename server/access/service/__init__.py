"""Use cases of access."""
