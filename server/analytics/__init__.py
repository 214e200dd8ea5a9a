"""Figures rolled up from what the areas record, each with its definition; a parent is the sum of its children."""
