"""The table of what can be done to a case, one tuple of rows per phase; ``rules`` puts them together."""
