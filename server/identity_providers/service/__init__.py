"""Use cases of signing in elsewhere, and of linking and unlinking accounts."""
