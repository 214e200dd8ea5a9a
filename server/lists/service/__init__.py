"""Use cases of the four lists."""
