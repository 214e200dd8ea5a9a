"""Sealed matters of discipline in the graph: for those who have them, and for whoever holds a code."""
