"""Signing in at a city's identity provider, linking and unlinking accounts."""
