"""Residents as clients see them."""
