"""Telephones in the graph."""
