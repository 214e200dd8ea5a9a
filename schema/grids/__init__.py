"""Grids as clients see them."""
